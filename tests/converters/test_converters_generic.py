"""The two generic converters, through their command lines."""

import geopandas
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely import LineString

from mmda.cli import main
from mmda.raster import read_dataset_info, read_manifest

COMMON = ["--task", "roads", "--domain", "source", "--classes", "ground", "road"]


def save(path, array, georeferenced=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    driver = {".tif": "GTiff", ".png": "PNG", ".jpg": "JPEG"}[path.suffix]
    profile = {"count": len(array), "height": array.shape[1], "width": array.shape[2]}
    if georeferenced:
        profile.update(crs="EPSG:32633", transform=Affine(0.5, 0, 5e5, 0, -0.5, 5e6))
    with rasterio.open(path, "w", driver=driver, dtype=array.dtype, **profile) as out:
        out.write(array)
    return path


def noise(bands=3, size=64, seed=0, dtype="uint8"):
    return np.random.default_rng(seed).integers(0, 255, (bands, size, size)).astype(dtype)


def labels(root, row):
    with rasterio.open(root / row["label"]) as dataset:
        return dataset.read(1)


@pytest.fixture
def deepglobe(tmp_path):
    """A flat folder as DeepGlobe's: JPEG images, three-band masks not purely 0/255."""
    for k in range(4):
        save(tmp_path / f"in/{k}_sat.jpg", noise(seed=k))
        mask = np.zeros((3, 64, 64), np.uint8)
        mask[:, 10 : 20 + k] = 250
        mask[:, 30] = 100
        save(tmp_path / f"in/{k}_mask.png", mask)
    return tmp_path / "in"


def folder_arguments(source, out, *more):
    pair = ["--pair", "{stem}_sat.jpg->{stem}_mask.png", "--decode", "threshold:128"]
    return [str(source), str(out), "--masks", str(source), *pair, *COMMON, *more]


def test_folder_keeps_whole_images(deepglobe, tmp_path, capsys):
    more = ["--nominal-gsd", "0.5", "--val-fraction", "0.3"]
    assert main(["tile", "folder", *folder_arguments(deepglobe, tmp_path / "o", *more)]) == 0
    info = read_dataset_info(tmp_path / "o")
    assert (info["tile"], info["gsd"], info["scenes"]) == (None, 0.5, 4)
    assert set(info["splits"]) == {"train", "val"}
    rows = read_manifest(tmp_path / "o")
    assert {(r["height"], r["width"], r["nominal_gsd"], r["crs"]) for r in rows} == {
        (64, 64, True, None)
    }
    for row in rows:
        expected = np.zeros((64, 64), np.uint8)
        expected[10 : 20 + int(row["scene"][0])] = 1
        np.testing.assert_array_equal(labels(tmp_path / "o", row), expected)
    assert "nominal" in capsys.readouterr().out


def test_folder_tiles_and_resamples(deepglobe, tmp_path):
    more = ["--nominal-gsd", "0.5", "--gsd", "1.0", "--tile", "16", "--split", "test"]
    assert main(["tile", "folder", *folder_arguments(deepglobe, tmp_path / "o", *more)]) == 0
    assert read_dataset_info(tmp_path / "o")["splits"] == {"test": 16}


def test_an_absent_class_is_pointed_out(tmp_path, capsys):
    save(tmp_path / "i/a.png", noise())
    save(tmp_path / "m/a.png", np.zeros((1, 64, 64), np.uint8))
    arguments = [str(tmp_path / "i"), str(tmp_path / "o"), "--masks", str(tmp_path / "m")]
    assert main(["tile", "folder", *arguments, "--decode", "binary", *COMMON]) == 0
    assert "road: no pixel in the split `train`" in capsys.readouterr().err


@pytest.fixture
def scenes(tmp_path):
    """Two georeferenced scenes with masks by stem, a split table and road centre lines."""
    for k, name in enumerate(("north", "south")):
        save(tmp_path / f"images/{name}.tif", noise(4, seed=k, dtype="uint16"), True)
        save(tmp_path / f"masks/{name}.tif", (noise(1, seed=9 + k) > 200).astype(np.uint8), True)
    (tmp_path / "scenes.csv").write_text("scene,split,city\nnorth,train,Ada\nsouth,test,Ada\n")
    lines = geopandas.GeoDataFrame(
        {"kind": ["street"]},
        geometry=[LineString([(5e5, 5e6 - 16), (5e5 + 32, 5e6 - 16)])],
        crs=32633,
    )
    lines.to_crs(4326).to_file(tmp_path / "roads.geojson")
    return tmp_path


def test_geotiff_with_masks_and_split_table(scenes):
    out = scenes / "o"
    arguments = [str(scenes / "images"), str(out), "--labels", str(scenes / "masks"), *COMMON]
    arguments += ["--tile", "32", "--split-csv", str(scenes / "scenes.csv")]
    assert main(["tile", "geotiff", *arguments]) == 0
    info = read_dataset_info(out)
    assert (info["bands"], info["dtype"]) == (4, "uint16")
    assert info["splits"] == {"train": 4, "test": 4}
    assert {row["city"] for row in read_manifest(out)} == {"Ada"}


def test_geotiff_with_one_vector_file(scenes):
    out = scenes / "o"
    arguments = [str(scenes / "images/*.tif"), str(out), "--labels", str(scenes / "roads.geojson")]
    more = ["--tile", "64", "--line-width", "5", "--label-attr", "kind", "--label-map", "street=1"]
    assert main(["tile", "geotiff", *arguments, *more, *COMMON]) == 0
    for row in read_manifest(out):
        label = labels(out, row)
        assert label[:, 32].sum() == 10
        assert label[32].all()


def test_geotiff_with_one_vector_file_per_image(scenes):
    roads = (scenes / "roads.geojson").read_bytes()
    for name in ("north", "south"):
        (scenes / f"v/{name}_roads.geojson").parent.mkdir(exist_ok=True)
        (scenes / f"v/{name}_roads.geojson").write_bytes(roads)
    arguments = [str(scenes / "images"), str(scenes / "o"), "--labels", str(scenes / "v")]
    more = ["--tile", "64", "--line-width", "4", "--pair", "{stem}.tif->{stem}_roads.geojson"]
    assert main(["tile", "geotiff", *arguments, *more, *COMMON]) == 0
    assert {labels(scenes / "o", row)[:, 32].sum() for row in read_manifest(scenes / "o")} == {8}


def test_geotiff_without_labels(scenes):
    arguments = [str(scenes / "images"), str(scenes / "o"), "--tile", "64"]
    assert main(["tile", "geotiff", *arguments, *COMMON]) == 0
    info = read_dataset_info(scenes / "o")
    assert (info["labelled"], info["class_pixels"]) == (False, None)
    assert not (scenes / "o/train/labels").exists()


def test_nodata_from_the_command_line(scenes):
    image = noise()
    image[:, :, 40:] = 7
    save(scenes / "one.tif", image, True)
    arguments = [str(scenes / "one.tif"), str(scenes / "o"), "--tile", "64", "--nodata", "7"]
    assert main(["tile", "geotiff", *arguments, *COMMON]) == 0
    (row,) = read_manifest(scenes / "o")
    assert row["valid_fraction"] == 40 / 64


def test_dry_run_writes_nothing(scenes, capsys):
    arguments = [str(scenes / "images"), str(scenes / "o"), "--tile", "32", "--dry-run", *COMMON]
    assert main(["tile", "geotiff", *arguments]) == 0
    assert "2 scenes into train 8 tiles" in capsys.readouterr().out
    assert not (scenes / "o").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--labels", "nowhere"], "`nowhere` do not exist"),
        (["--labels", "{masks}/north.tif"], "one mask raster for 2 images"),
        (["--labels", "{roads}", "--label-map", "street=1"], "needs --label-attr"),
        (["--labels", "{roads}", "--label-attr", "kind", "--label-map", "street"], "VALUE=ID"),
        (["--labels", "{roads}", "--label-attr", "kin"], "Did you mean `kind`"),
        (["--split-csv", "nowhere.csv"], "`nowhere.csv` does not exist"),
        (["--group-regex", "(.)"], "give both"),
        (["--workers", "0"], "workers must be at least 1, but got 0"),
    ],
)
def test_bad_commands_end_in_one_message(scenes, capsys, change, message):
    names = {"masks": scenes / "masks", "roads": scenes / "roads.geojson"}
    arguments = [str(scenes / "images"), str(scenes / "o"), *(c.format(**names) for c in change)]
    assert main(["tile", "geotiff", *arguments, *COMMON]) == 2
    assert message in capsys.readouterr().err
    assert not (scenes / "o").exists()


def test_damaged_raster_exits_with_1_and_converts_the_rest(scenes, capsys):
    path = scenes / "images/south.tif"
    path.write_bytes(path.read_bytes()[:9000])
    arguments = [str(scenes / "images"), str(scenes / "o"), "--tile", "64", *COMMON]
    assert main(["tile", "geotiff", *arguments]) == 1
    assert "south.tif" in capsys.readouterr().err
    assert [row["scene"] for row in read_manifest(scenes / "o")] == ["north"]


def test_missing_and_empty_folders(tmp_path, capsys):
    assert main(["tile", "folder", str(tmp_path / "gone"), str(tmp_path / "o"), *COMMON]) == 2
    assert "gone` does not exist" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["tile", "folder", str(tmp_path / "empty"), str(tmp_path / "o"), *COMMON]) == 2
    assert "holds no rasters" in capsys.readouterr().err
    save(tmp_path / "i/a.png", noise())
    arguments = [str(tmp_path / "i"), str(tmp_path / "o"), "--masks", str(tmp_path / "m"), *COMMON]
    assert main(["tile", "folder", *arguments]) == 2
    assert "label folder" in capsys.readouterr().err


def test_chosen_bands_are_kept_in_their_order(tmp_path):
    image = noise(4)
    save(tmp_path / "i.tif", image)
    arguments = [str(tmp_path / "i.tif"), str(tmp_path / "o"), "--tile", "64", *COMMON]
    assert main(["tile", "geotiff", *arguments, "--bands", "4", "1"]) == 0
    info, row = read_dataset_info(tmp_path / "o"), read_manifest(tmp_path / "o")[0]
    assert (info["bands"], info["band_indices"]) == (2, [4, 1])
    with rasterio.open(tmp_path / "o" / row["image"]) as tile:
        np.testing.assert_array_equal(tile.read(), image[[3, 0]])
    assert main(["tile", "geotiff", *arguments, "--overwrite", "--bands", "5"]) == 2
