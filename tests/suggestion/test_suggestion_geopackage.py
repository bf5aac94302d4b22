"""Polygons of tiles, where they lie on the ground and where they do not."""

from __future__ import annotations

import geopandas as gpd
from shapely.geometry import box

from mmda.suggestion.geopackage import write_tiles

UTM33, UTM34 = "EPSG:32633", "EPSG:32634"


def row(crs=UTM33, transform=(0.5, 0, 500_000, 0, -0.5, 5_000_000)) -> dict:
    size = {"height": 64, "width": 96}
    return {"crs": crs, "transform": transform, "row": 64, "col": 32, **size}


def written(path, rows):
    names = [f"t{index}" for index in range(len(rows))]
    write_tiles(rows, {"tile": names, "rank": range(1, len(rows) + 1)}, path / "a.gpkg")
    assert [file.name for file in path.iterdir()] == ["a.gpkg"]
    frame = gpd.read_file(path / "a.gpkg", layer="suggested")
    assert frame["tile"].tolist() == names
    return frame


def test_a_tile_is_its_rectangle_in_the_rasters_crs(tmp_path):
    frame = written(tmp_path, [row()])
    assert frame.crs == UTM33 and frame["rank"].tolist() == [1]
    assert frame.geometry[0].equals(box(500_000, 5_000_000 - 32, 500_048, 5_000_000))


def test_rasters_of_another_crs_are_brought_to_the_first_ones(tmp_path):
    frame = written(tmp_path, [row(), row(UTM34), row(None, None)])
    assert frame.crs == UTM33
    moved = gpd.GeoSeries([frame.geometry[1]], crs=UTM33).to_crs(UTM34)[0]
    assert moved.symmetric_difference(frame.geometry[0]).area < 1e-3
    assert frame.geometry[2] is None


def test_without_a_place_on_the_ground_polygons_are_in_pixels(tmp_path):
    frame = written(tmp_path, [row(None, None), row(None)])
    assert frame.crs is None or not frame.crs.is_geographic
    assert frame.geometry[0].equals(box(32, -128, 128, -64))
    assert frame.geometry[1].bounds[0] == 500_000
