import numpy as np
import pytest
import rasterio
import rasterio.shutil
from raster_samples import noise

from mmda.cli import main
from mmda.errors import ConfigError, DataError
from mmda.raster.dataset.discovery import (
    FoundFile,
    PairingRule,
    find_images,
    pair_labels,
    scene_names,
)
from mmda.raster.dataset.manifest import read_manifest


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_folder_file_and_glob(tmp_path):
    touch(tmp_path, "b.tif", "a.PNG", "c.tif.aux.xml", ".hidden.tif", "notes.txt", "sub/d.tif")
    assert [f.name for f in find_images(str(tmp_path))] == ["a.PNG", "b.tif"]
    assert find_images(str(tmp_path / "b.tif")) == [FoundFile(str(tmp_path / "b.tif"))]
    found = find_images(str(tmp_path / "**" / "*.tif"))
    assert [f.name for f in found] == ["b.tif", "d.tif"]
    assert find_images("https://host/x.tif") == [FoundFile("https://host/x.tif")]


def test_split_folders(tmp_path):
    touch(tmp_path, "train/images/1.tif", "valid/1.tif", "test/sat/1.tif", "other/1.tif")
    found = find_images(str(tmp_path))
    assert {f.split for f in found} == {"train", "val", "test"}
    assert sorted(scene_names(found)) == ["test_1", "train_1", "val_1"]


def test_nothing_found(tmp_path):
    with pytest.raises(DataError, match="holds no rasters"):
        find_images(str(tmp_path))
    with pytest.raises(DataError, match="does not exist"):
        find_images(str(tmp_path / "gone"))


@pytest.mark.parametrize(
    ("rule", "image", "label"),
    [
        ("same-stem", "a.b.jpg", "a.b"),
        ("{stem}_sat.jpg->{stem}_mask.png", "7_sat.jpg", "7_mask.png"),
        ("{stem}_sat.jpg->{stem}_mask.png", "7_mask.png", None),
        ("Aerial{stem}.tif->{stem}.tif", "Aerial7.tif", "7.tif"),
        (r"re:(.*)_rgb\.tif->\1_gt.tif", "x_rgb.tif", "x_gt.tif"),
    ],
)
def test_pairing_rules(rule, image, label):
    assert PairingRule(rule).label_name(FoundFile(image)) == label


@pytest.mark.parametrize("rule", ["same-name", "{stem}.jpg", "a->b", "re:(->x"])
def test_malformed_rules(rule):
    with pytest.raises(ConfigError):
        PairingRule(rule)


def test_pairs_prefer_their_split(tmp_path):
    images = touch(tmp_path / "i", "train/1.tif", "val/1.tif")
    touch(tmp_path / "m", "train/1.png", "val/1.png")
    pairs = pair_labels(find_images(str(images)), str(tmp_path / "m"), PairingRule("same-stem"))
    assert [(image.split, label.split) for image, label in pairs] == [
        ("train", "train"),
        ("val", "val"),
    ]


def test_missing_labels_name_both_paths_of_the_first_five(tmp_path):
    images = touch(tmp_path / "i", *(f"{k}.tif" for k in range(8)))
    masks = touch(tmp_path / "m", "0.png")
    with pytest.raises(DataError) as caught:
        pair_labels(find_images(str(images)), str(masks), PairingRule("same-stem"))
    text = str(caught.value)
    assert "7 of 8 images have no label" in text
    assert f"`{images / '1.tif'}` -> `{masks / '1'}`" in text
    assert text.count("->") == 5


def test_no_image_matches_the_rule(tmp_path):
    touch(tmp_path, "a.jpg", "a.png")
    with pytest.raises(DataError, match="None of 2 images matches"):
        pair_labels(
            find_images(str(tmp_path)), str(tmp_path), PairingRule("{stem}_s.jpg->{stem}.png")
        )


def test_several_sources_come_in_their_order(tmp_path):
    for name in ("b.tif", "a.tif", "folder/c.tif"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    sources = [str(tmp_path / "b.tif"), str(tmp_path / "folder"), str(tmp_path / "a.tif")]
    assert [image.stem for image in find_images(*sources)] == ["b", "c", "a"]


@pytest.mark.parametrize("rule", ["{stem}.png->{stem}_gt.png", r"re:(.*)\.png->\1_gt.png"])
def test_labels_in_the_folder_of_the_images_are_no_images(tmp_path, rule):
    root = str(touch(tmp_path, "a.png", "a_gt.png", "b.png", "b_gt.png", "a_gt.png.aux.xml"))
    pairs = pair_labels(find_images(root), root, PairingRule(rule))
    assert [(i.name, label.name) for i, label in pairs] == [
        ("a.png", "a_gt.png"), ("b.png", "b_gt.png"),
    ]  # fmt: skip
    touch(tmp_path, "c.png")
    with pytest.raises(DataError, match=r"(?s)1 of 3 images have no label.*c\.png` -> "):
        pair_labels(find_images(root), root, PairingRule(rule))


def test_one_stem_in_one_folder_tells_nothing(tmp_path):
    root = str(touch(tmp_path, "a.jpg", "a.png"))
    with pytest.raises(DataError, match=r"a\.jpg` and `.*a\.png` are labels of each other"):
        pair_labels(find_images(root), root, PairingRule("same-stem"))
    root = str(touch(tmp_path / "vectors", "a.bmp", "a.geojson"))
    pairs = pair_labels(find_images(root), root, PairingRule("same-stem"), vectors=True)
    assert [(i.name, label.name) for i, label in pairs] == [("a.bmp", "a.geojson")]


def test_what_gdal_opens_and_no_side_cars(tmp_path):
    rasters = ["a.webp", "b.JP2", "c.bmp", "d.vrt", "e.j2k", "f.gif", "g.asc", "h.bil", "i.ers"]
    side_cars = [
        "a.webp.aux.xml", "a.wld", "b.j2w", "c.bpw", "d.tif.ovr", "d.tif.msk", "h.hdr", "a.prj",
        "read.pdf", "layer.gpkg", "MTD.xml", "db.sqlite", "x.qml", "x.txt", "x.csv", "x.json",
    ]  # fmt: skip
    found = find_images(str(touch(tmp_path, *rasters, *side_cars)))
    assert [file.name for file in found] == rasters


@pytest.mark.parametrize(
    ("suffix", "driver", "options"),
    [
        ("webp", "WEBP", {"LOSSLESS": "YES"}),
        ("jp2", "JP2OpenJPEG", {"QUALITY": "100", "REVERSIBLE": "YES"}),
        ("bmp", "BMP", {}),
    ],
)
@pytest.mark.parametrize("command", ["folder", "geotiff"])
def test_formats_are_tiled(tmp_path, suffix, driver, options, command):
    pixels = noise(3, 64, 64)
    mask = noise(1, 64, 64) % 2
    for path, data in ((tmp_path / f"a.{suffix}", pixels), (tmp_path / "a_gt.png", mask)):
        profile = dict(driver="GTiff", count=len(data), height=64, width=64, dtype="uint8")
        with rasterio.open(tmp_path / "plain.tif", "w", **profile) as raster:
            raster.write(data)
        chosen = dict(driver=driver, **options) if data is pixels else dict(driver="PNG")
        rasterio.shutil.copy(tmp_path / "plain.tif", path, **chosen)
    (tmp_path / "plain.tif").unlink()
    labels = "--masks" if command == "folder" else "--labels"
    names = ["--task", "t", "--domain", "d", "--classes", "a", "b", "--tile", "64"]
    rule = f"{{stem}}.{suffix}->{{stem}}_gt.png"
    argv = ["tile", command, str(tmp_path), str(tmp_path / "o"), *names, labels, str(tmp_path)]
    assert main([*argv, "--pair", rule, "--nominal-gsd", "0.5"]) == 0
    (row,) = read_manifest(tmp_path / "o")
    with rasterio.open(tmp_path / "o" / row["image"]) as raster:
        np.testing.assert_array_equal(raster.read(), pixels)
    assert row["class_pixels"] == [int((mask == 0).sum()), int((mask == 1).sum())]
