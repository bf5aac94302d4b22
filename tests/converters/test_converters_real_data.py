"""The generic converters on real samples, in the folder named by MMDA_SAMPLE_DATA."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio

from mmda.cli import main
from mmda.raster import read_dataset_info, read_manifest

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("MMDA_SAMPLE_DATA" not in os.environ, reason="MMDA_SAMPLE_DATA is not set"),
]
DATA = Path(os.environ.get("MMDA_SAMPLE_DATA", ""))
BUILDINGS = ["--task", "buildings", "--classes", "background", "building"]
ROADS = ["--task", "roads", "--classes", "background", "road"]
GSI_DECODE = "color:255,120,80=1,0,0,0=0"


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        ("inria_tif", ["--decode", "binary", "--nominal-gsd", "0.3", *BUILDINGS], 41),
        ("china_cities_buildings", ["--decode", "binary", "--nominal-gsd", "0.3", *BUILDINGS], 53),
        ("gsi_japan_roads", ["--decode", GSI_DECODE, "--nominal-gsd", "0.2", *ROADS], 24),
        (
            "deepglobe_roads",
            [
                *("--pair", "{stem}_sat.jpg->{stem}_mask.png", "--decode", "threshold:128"),
                *("--nominal-gsd", "0.5", *ROADS),
            ],
            2,
        ),
    ],
)
def test_folders(tmp_path, name, options, count):
    source = DATA / name
    arguments = [str(source / "images"), str(tmp_path), "--masks", str(source / "masks")]
    more = [*options, "--domain", "x", "--val-fraction", "0.3"]
    assert main(["tile", "folder", *arguments, *more]) == 0
    info = read_dataset_info(tmp_path)
    assert info["scenes"] == sum(info["splits"].values()) == count
    background, foreground = np.sum(list(info["class_pixels"].values()), axis=0)
    assert 0.005 < foreground / (background + foreground) < 0.5
    for row in read_manifest(tmp_path):
        with (
            rasterio.open(row["source"]) as before,
            rasterio.open(tmp_path / row["image"]) as after,
        ):
            np.testing.assert_array_equal(before.read(), after.read())


def test_roads_brought_to_one_gsd(tmp_path):
    source = DATA / "gsi_japan_roads"
    arguments = [str(source / "images"), str(tmp_path), "--masks", str(source / "masks"), *ROADS]
    more = ["--decode", GSI_DECODE, "--nominal-gsd", "0.2", "--gsd", "0.5", "--domain", "x"]
    assert main(["tile", "folder", *arguments, *more]) == 0
    rows = read_manifest(tmp_path)
    assert {(row["height"], row["gsd"]) for row in rows} == {(229, 0.5)}


def test_geotiffs_keep_crs_gsd_and_nodata(tmp_path):
    source = DATA / "geotiff_rgb/images"
    arguments = [str(source), str(tmp_path), "--tile", "256", "--domain", "x", *BUILDINGS]
    assert main(["tile", "geotiff", *arguments]) == 0
    rows = read_manifest(tmp_path)
    assert {row["scene"]: row["gsd"] for row in rows} == {"test_tiled": 0.25, "OSBS_029": 0.1}
    for row in rows:
        with (
            rasterio.open(row["source"]) as before,
            rasterio.open(tmp_path / row["image"]) as after,
        ):
            assert after.crs == before.crs
            assert after.nodata == before.nodata
            window = rasterio.windows.Window(row["col"], row["row"], row["width"], row["height"])
            np.testing.assert_array_equal(after.read(), before.read(window=window))
            assert after.transform.almost_equals(before.window_transform(window), 1e-6)
