"""``mmda vectorise``: files and folders, formats, classes, refusals."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from mmda.cli import main

NAMES = ["background", "building", "road"]


@pytest.fixture
def files(tmp_path):
    mask = np.zeros((30, 40), np.uint8)
    mask[2:12, 4:24] = 1
    mask[20:24] = 2
    for name, names in (
        ("a_mask", NAMES),
        ("two", ["land", "building"]),
        ("many", ["land", "building", "water"]),
        ("b", None),
    ):
        with rasterio.open(
            tmp_path / f"{name}.tif", "w", driver="GTiff", count=1, height=30, width=40,
            dtype="uint8", crs=32633, transform=from_origin(500_000, 5_300_000, 1, 1), nodata=255,
        ) as file:  # fmt: skip
            file.write(np.where(mask == 2, 0, mask) if name == "two" else mask, 1)
            if names:
                file.update_tags(CLASSES=json.dumps(names))
    (tmp_path / "cut.tif").write_bytes((tmp_path / "b.tif").read_bytes()[:200])
    return tmp_path


def run(files, masks, out, *options):
    masks = [str(files / name) for name in masks]
    return main(["vectorise", *masks, "--out", str(files / out), *options])


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "parquet"])
def test_every_format_opens_and_holds_the_same(files, suffix):
    path = files / "deep" / f"v.{suffix}"
    assert run(files, ["a_mask.tif"], path) == 0
    frame = (gpd.read_parquet if suffix == "parquet" else gpd.read_file)(path)
    frame = frame.sort_values("class_id").reset_index(drop=True)
    assert frame["class"].tolist() == ["building", "road"]
    assert frame["id"].tolist() == [2 * 40 + 4, 20 * 40]
    assert frame["area_m2"].tolist() == pytest.approx([200, 160], rel=1e-3)
    assert frame.crs == ("EPSG:4326" if suffix == "geojson" else "EPSG:32633")
    building = frame.geometry.to_crs(32633)[0]
    box = shapely.box(500_004, 5_299_988, 500_024, 5_299_998)
    assert building.symmetric_difference(box).area < 1
    assert building.exterior.is_ccw
    assert path.read_bytes()[:15] == b"SQLite format 3" if suffix == "gpkg" else True
    if suffix == "geojson":
        assert json.loads(path.read_text())["type"] == "FeatureCollection"


def test_a_geopackage_keeps_its_other_layers(files, capsys):
    gpd.GeoDataFrame(geometry=[shapely.Point(1, 2)], crs=4326).to_file(
        files / "v.gpkg", layer="mine"
    )
    assert run(files, ["a_mask.tif"], "v.gpkg", "--classes", "1") == 0
    assert run(files, ["a_mask.tif"], "v.gpkg", "--classes", "road") == 2
    assert (
        "The layer `polygons` of" in (text := capsys.readouterr().err) and "exists already" in text
    )
    assert set(gpd.read_file(files / "v.gpkg", layer="polygons")["class"]) == {"building"}
    assert run(files, ["a_mask.tif"], "v.gpkg", "--classes", "road", "--overwrite") == 0
    assert set(gpd.read_file(files / "v.gpkg", layer="polygons")["class"]) == {"road"}
    assert sorted(pyogrio.list_layers(files / "v.gpkg")[:, 0]) == ["mine", "polygons"]
    assert len(gpd.read_file(files / "v.gpkg", layer="mine")) == 1
    assert not list(files.glob(".*"))


@pytest.mark.parametrize("suffix", ["gpkg", "parquet"])
def test_roads_are_a_graph_in_the_crs(files, suffix):
    assert run(files, ["a_mask.tif"], f"r.{suffix}", "--roads") == 0  # the class called so
    if suffix == "gpkg":
        nodes, edges = (gpd.read_file(files / "r.gpkg", layer=name) for name in ("nodes", "edges"))
    else:
        nodes, edges = (
            gpd.read_parquet(files / f"r_{name}.parquet") for name in ("nodes", "edges")
        )
    assert edges.crs == nodes.crs == "EPSG:32633"
    assert (len(nodes), len(edges)) == (2, 1)
    line = edges.iloc[0]
    assert line["length_m"] == pytest.approx(line.geometry.length, rel=0.01)
    assert 30 < line["length_m"] <= 40 and 3 <= line["width_m"] <= 5
    assert (line.geometry.centroid.y, line.geometry.centroid.x) == pytest.approx(
        (5_300_000 - 22, 500_020), abs=2
    )
    ends = {tuple(line.geometry.coords[i]) for i in (0, -1)}
    assert ends == {(point.x, point.y) for point in nodes.geometry}


def test_a_folder_of_masks_goes_on_after_a_bad_one(files, capsys):
    masks = ["a_mask.tif", "cut.tif", "b.tif"]
    assert run(files, masks, "out", "--format", "fgb") == 2
    out, err = capsys.readouterr()
    assert sorted(path.name for path in (files / "out").iterdir()) == [
        "a_polygons.fgb", "b_polygons.fgb",
    ]  # fmt: skip
    assert "cut.tif" in err and "vectorised 2 of 3 masks" in out
    assert "1 building, 1 road" in out


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "parquet"])
@pytest.mark.parametrize("options", [[], ["--connectivity", "8", "--tolerance", "1"], ["--roads"]])
@pytest.mark.filterwarnings("ignore:More than one layer")
def test_of_an_empty_map_the_layers_are_empty(files, suffix, options):
    with rasterio.open(files / "a_mask.tif", "r+") as mask:
        mask.write(np.zeros((30, 40), np.uint8), 1)
    assert run(files, ["a_mask.tif"], f"v.{suffix}", *options) == 0
    paths = [path for path in files.iterdir() if path.suffix == f".{suffix}"]
    read = gpd.read_parquet if suffix == "parquet" else gpd.read_file
    assert [len(read(path)) for path in paths] == [0] * len(paths) and paths


def test_of_two_classes_the_first_is_the_background_whatever_its_name(files):
    assert run(files, ["two.tif"], "v.fgb") == 0
    assert set(gpd.read_file(files / "v.fgb")["class"]) == {"building"}


@pytest.mark.parametrize(
    ("masks", "out", "options", "message"),
    [
        (["a_mask.tif"], "v.shp", [], "no format `.shp`.*.gpkg"),
        (["a_mask.tif", "b.tif"], "v.gpkg", [], "both be written to"),
        (["a_mask.tif"], "v.gpkg", ["--classes", "buildng"], "no class `buildng`.*building"),
        (["b.tif"], "v.gpkg", ["--classes", "300"], "no class `300`.*ids"),
        (["a_mask.tif"], "v.gpkg", ["--probabilities", "x", "y"], "one raster of probabilities"),
        (["a_mask.tif"], "v.gpkg", ["--roads", "--probabilities", "x"], "no confidence"),
        (["many.tif"], "v.gpkg", ["--roads"], "classes land, building, water are roads.*--classes"),
    ],
)
def test_what_cannot_work_is_refused_before_work(files, capsys, masks, out, options, message):
    assert run(files, masks, out, *options) == 2
    assert re.search(message, err := capsys.readouterr().err), err
    assert not (files / out).exists()


def test_probabilities_of_another_raster_are_refused(files, capsys):
    options = ["--probabilities", str(files / "b.tif")]
    assert run(files, ["a_mask.tif"], "v.gpkg", *options) == 2
    assert "b.tif` does not fit the mask" in capsys.readouterr().err


def test_an_output_that_is_no_geopackage_is_left_alone(files, capsys):
    (files / "v.gpkg").write_text("mine")
    assert run(files, ["a_mask.tif"], "v.gpkg", "--overwrite") == 2
    assert "v.gpkg` cannot be" in capsys.readouterr().err
    assert (files / "v.gpkg").read_text() == "mine"
