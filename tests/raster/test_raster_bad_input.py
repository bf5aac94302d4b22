"""Every input that does not fit gives an error that names it, and nothing half-written."""

import shutil

import numpy as np
import pytest
from raster_samples import affine, make_scenes, noise, read_image, tile, write

import mmda.utils.files
from mmda.errors import ConfigError, DataError
from mmda.raster import RasterLabels, Scene, read_dataset_info, read_manifest


def cut(path, keep):
    with open(path, "r+b") as file:
        file.truncate(int(path.stat().st_size * keep))


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg"])
@pytest.mark.parametrize("keep", [0.0, 0.5])
@pytest.mark.parametrize("size", [64, None])
def test_a_damaged_raster_is_named_and_the_rest_converted(tmp_path, suffix, keep, size):
    scenes = make_scenes(tmp_path, count=3)
    bad = write(tmp_path / f"bad{suffix}", noise(3, 100, 130, seed=9))
    cut(bad, keep)
    mixed = [*scenes[:1], Scene("bad", str(bad), label=scenes[0].label), *scenes[1:]]
    with pytest.raises(DataError, match=rf"1 of 4 scenes(.|\n)*`{bad}`") as caught:
        tile(mixed, tmp_path / "o", tile=size)
    assert caught.value.exit_code == 1
    assert {row["scene"] for row in read_manifest(tmp_path / "o")} == {"s0", "s1", "s2"}
    each = 6 if size else 1
    assert read_dataset_info(tmp_path / "o")["splits"] == {"train": each, "val": 2 * each}
    assert not list((tmp_path / "o").glob("*/*/*bad*"))
    # Mended, the same command completes the dataset.
    if suffix == ".tif":
        write(bad, noise(3, 100, 130, seed=9))
        splits = tile(mixed, tmp_path / "o", tile=size)["splits"]
        assert splits == {"train": 2 * each, "val": 2 * each}


def test_a_damaged_label_is_named(tmp_path):
    scenes = make_scenes(tmp_path)
    cut(tmp_path / "m1.tif", 0.5)
    with pytest.raises(DataError, match=r"m1\.tif"):
        tile(scenes, tmp_path / "o")


def test_all_rasters_damaged(tmp_path):
    scenes = make_scenes(tmp_path)
    for scene in scenes:
        write(tmp_path / f"{scene.name}.tif", noise(3, 100, 130))
        cut(tmp_path / f"{scene.name}.tif", 0.5)
    with pytest.raises(DataError, match="2 of 2 scenes"):
        tile(scenes, tmp_path / "o")
    assert not (tmp_path / "o/dataset.json").exists()


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"gone\.tif"):
        tile([Scene("s", str(tmp_path / "gone.tif"))], tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_sizes_differ_first_five_named(tmp_path):
    scenes = make_scenes(tmp_path, count=7)
    for index in range(6):
        write(tmp_path / f"m{index}.tif", np.zeros((1, 100, 129), np.uint8))
    with pytest.raises(DataError) as caught:
        tile(scenes, tmp_path / "o")
    text = str(caught.value)
    assert "130 x 100" in text
    assert "129 x 100" in text
    assert text.count("differ in size") == 5
    assert "m0.tif" in text
    assert "6 scenes do not fit" in text
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(("metres", "fits"), [(0.2, True), (0.4, False), (1000, False)])
def test_a_mask_that_lies_elsewhere(tmp_path, metres, fits):
    scenes = make_scenes(tmp_path)
    moved = affine(0.5) @ affine(0.5).translation(metres / 0.5, 0)
    write(tmp_path / "m1.tif", noise(1, 100, 130) % 2, transform=moved)
    if fits:
        assert tile(scenes, tmp_path / "o")["labelled"]
        return
    with pytest.raises(DataError, match=rf"`{tmp_path / 'm1.tif'}` lies {metres * 2:.1f} pixels"):
        tile(scenes, tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_unknown_label_values(tmp_path):
    scenes = make_scenes(tmp_path)
    ids = np.zeros((1, 100, 130), np.uint8)
    ids[0, 3, 4] = 7
    write(tmp_path / "m1.tif", ids)
    with pytest.raises(DataError, match=r"m1\.tif` holds unknown values: 7 \(1 pixels\)"):
        tile(scenes, tmp_path / "o")
    assert {row["scene"] for row in read_manifest(tmp_path / "o")} == {"s0"}
    assert not (tmp_path / "o/val/images").exists() or not list(
        (tmp_path / "o/val/images").iterdir()
    )


def test_an_image_without_label(tmp_path):
    scenes = make_scenes(tmp_path, count=4)
    bare = Scene("bare", scenes[1].image, "val")
    with pytest.raises(
        DataError, match=r"1 of 4 scenes of the split `val` have no label: `.*s1\.tif"
    ):
        tile([*scenes, bare], tmp_path / "o")


def test_a_split_may_be_unlabelled(tmp_path):
    scenes = make_scenes(tmp_path)
    bare = Scene("bare", scenes[0].image, "train")
    info = tile([bare, scenes[1]], tmp_path / "o")
    assert info["labelled_splits"] == ["val"]
    assert {row["label"] for row in read_manifest(tmp_path / "o", "train")} == {None}
    assert {row["class_pixels"] is None for row in read_manifest(tmp_path / "o", "train")} == {True}


def test_bands_and_types_differ(tmp_path):
    scenes = make_scenes(tmp_path, count=3)
    odd = Scene("odd", str(write(tmp_path / "odd.tif", noise(4, 100, 130))), label=scenes[0].label)
    with pytest.raises(DataError, match=r"bands: most have 3, but `.*odd\.tif` has 4"):
        tile([*scenes, odd], tmp_path / "o")
    wide = write(tmp_path / "wide.tif", noise(3, 100, 130, "uint16"))
    with pytest.raises(
        DataError, match=r"data type: most have uint8, but `.*wide\.tif` has uint16"
    ):
        tile([*scenes, Scene("wide", str(wide), label=scenes[0].label)], tmp_path / "o")


def test_bands_differ_from_an_earlier_run(tmp_path):
    tile(make_scenes(tmp_path, count=1), tmp_path / "o")
    more = Scene(
        "more",
        str(write(tmp_path / "x.tif", noise(4, 100, 130))),
        label=RasterLabels(str(tmp_path / "m0.tif")),
    )
    with pytest.raises(ConfigError, match="bands was 3, is 4"):
        tile([more], tmp_path / "o")


def test_unsupported_kinds(tmp_path):
    double = write(tmp_path / "d.tif", np.zeros((1, 64, 64), np.float64))
    with pytest.raises(
        DataError, match=r"d\.tif` holds float64 values.*gdal_translate -ot Float32"
    ):
        tile([Scene("d", str(double))], tmp_path / "o")
    palette = write(tmp_path / "p.tif", noise(1, 64, 64), photometric="PALETTE")
    import rasterio

    with rasterio.open(palette, "r+") as dataset:
        dataset.write_colormap(1, {0: (0, 0, 0, 255), 1: (255, 0, 0, 255)})
    with pytest.raises(DataError, match=r"p\.tif` is a palette image.*-expand rgb"):
        tile([Scene("p", str(palette))], tmp_path / "o")
    four = write(tmp_path / "f.tif", noise(4, 64, 64))
    with pytest.raises(ConfigError, match="holds 1 or 3 bands"):
        tile([Scene("f", str(four))], tmp_path / "o", format="png")


def test_resampling_without_crs(tmp_path):
    plain = write(tmp_path / "p.png", noise(3, 64, 64))
    with pytest.raises(DataError, match=r"p\.png` to 1.0 m: .*it has no CRS.*--nominal-gsd"):
        tile([Scene("p", str(plain))], tmp_path / "o", gsd=1.0)
    scene = Scene("p", str(plain), nominal_gsd=0.5)
    info = tile([scene], tmp_path / "o", gsd=1.0, tile=32)
    (row,) = read_manifest(tmp_path / "o")
    assert (info["gsd"], row["gsd"], row["nominal_gsd"], row["crs"]) == (1.0, 1.0, True, None)
    assert read_image(tmp_path / "o" / row["image"]).shape == (3, 32, 32)


def test_not_enough_disk(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(mmda.utils.files.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DataError, match="Not enough disk space"):
        tile(make_scenes(tmp_path), tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_options_changed(tmp_path):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o")
    with pytest.raises(ConfigError, match=r"tile was 64, is 32.*--overwrite"):
        tile(scenes, tmp_path / "o", tile=32)
    assert read_dataset_info(tmp_path / "o")["tile"] == 64


def test_names_repeat(tmp_path):
    (scene,) = make_scenes(tmp_path, count=1)
    with pytest.raises(DataError, match="`s0`"):
        tile([scene, scene], tmp_path / "o")


def test_nothing_left(tmp_path):
    with pytest.raises(DataError, match=r"No tile was left.*edge = drop"):
        tile(make_scenes(tmp_path), tmp_path / "o", tile=512, edge="drop")
    with pytest.raises(DataError, match="no scenes"):
        tile([], tmp_path / "o")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"edge": "padd"}, "Did you mean `pad`"),
        ({"stride": 65}, "gaps"),
        ({"min_valid": 2}, "min_valid"),
        ({"gsd": -1}, "positive"),
        ({"classes": ("a",)}, "2 to 253 classes"),
        ({"classes": ("a", "a")}, "repeat"),
        ({"format": "bmp"}, "Unknown image format `bmp`"),
        ({"palette": [(0, 0, 0)]}, "1 colours for 2 classes"),
    ],
)
def test_impossible_options(tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        tile(make_scenes(tmp_path), tmp_path / "o", **options)
    assert not (tmp_path / "o").exists()


def test_scene_names_and_splits(tmp_path):
    with pytest.raises(ConfigError, match="unknown split `training`"):
        Scene("s", "i.tif", "training")
    with pytest.raises(ConfigError, match="cannot be part of a file name"):
        Scene("a/b", "i.tif")


def test_reading_what_is_not_there(tmp_path):
    with pytest.raises(DataError, match="no tiled dataset"):
        read_manifest(tmp_path)
    (tmp_path / ".scenes").mkdir()
    with pytest.raises(DataError, match="interrupted"):
        read_dataset_info(tmp_path)
    (tmp_path / "dataset.json").write_text('{"format": 99}')
    with pytest.raises(DataError, match="format 99"):
        read_dataset_info(tmp_path)
