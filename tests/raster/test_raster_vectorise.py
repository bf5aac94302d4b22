"""Polygons of a mask: areas, classes, CRS, simplification, bad input."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio.features
import shapely
from rasterio.transform import from_origin

from mmda.errors import ConfigError, DataError
from mmda.raster.io.ground import GEOD
from mmda.raster.mapping.vectorise import vectorise

UTM = {"crs": "EPSG:32633", "transform": from_origin(400_000, 5_300_000, 0.5, 0.5)}


def write_mask(path, mask, classes=None, **place):
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=mask.shape[0], width=mask.shape[1],
        dtype=mask.dtype, nodata=255, **place,
    ) as dst:  # fmt: skip
        dst.write(mask, 1)
        if classes:
            dst.update_tags(CLASSES=str(classes).replace("'", '"'))
    return path


@pytest.fixture
def mask():
    mask = np.zeros((40, 60), dtype=np.uint8)
    mask[2:12, 4:24] = 1  # 50 m2
    mask[20:22, 30:32] = 1  # 1 m2
    mask[22:30, 32:40] = 1  # 16 m2, touches the one above at a corner only
    mask[30:40, 50:60] = 255
    return mask


def test_areas_classes_and_crs(tmp_path, mask):
    write_mask(tmp_path / "m.tif", mask, ["background", "building"], **UTM)
    counts = vectorise(tmp_path / "m.tif", tmp_path / "v.gpkg", min_area=16, progress=False).counts
    frame = gpd.read_file(tmp_path / "v.gpkg", layer="polygons").sort_values("area_m2")
    assert counts == {"building": 2}
    assert frame.crs == "EPSG:32633"
    assert frame["area_m2"].tolist() == pytest.approx([16, 50], rel=1e-3)  # UTM's scale is 0.9996
    assert frame["area_m2"].iloc[1] == pytest.approx(GEOD.geometry_area_perimeter(
        frame.geometry.to_crs(4326).iloc[1])[0], rel=1e-6)  # fmt: skip
    assert frame["id"].tolist() == [22 * 60 + 32, 2 * 60 + 4]
    assert frame["orientation"].iloc[1] == 90
    assert set(frame["class"]) == {"building"}
    assert set(frame["class_id"]) == {1}
    assert frame.geometry.iloc[1].equals(shapely.box(400_002, 5_299_994, 400_012, 5_299_999))


@pytest.mark.parametrize("names", ["5", "nothing", '["a\\nb"]', "[[1]]"])
def test_names_of_a_foreign_mask_are_checked(tmp_path, mask, names):
    path = write_mask(tmp_path / "m.tif", mask, **UTM)
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(CLASSES=names)
    with pytest.raises(DataError, match=r"m\.tif`: the tag CLASSES|The class name .* is refused"):
        vectorise(path, tmp_path / "v.gpkg", progress=False)


def test_polygons_rebuild_the_mask(tmp_path):
    rng = np.random.default_rng(0)
    mask = rng.integers(0, 3, (30, 30)).astype(np.uint8)
    mask[5:9, 5:9] = 255
    write_mask(tmp_path / "m.tif", mask, ["ground", "building", "road"], **UTM)
    counts = vectorise(tmp_path / "m.tif", tmp_path / "v.gpkg", progress=False).counts
    frame = gpd.read_file(tmp_path / "v.gpkg")
    assert sorted(counts) == ["building", "ground", "road"]
    assert counts == frame["class"].value_counts().to_dict()
    assert frame.geometry.is_valid.all()
    burnt = rasterio.features.rasterize(
        zip(frame.geometry, frame["class_id"], strict=True), mask.shape, fill=255,
        transform=UTM["transform"], dtype="uint8",
    )  # fmt: skip
    np.testing.assert_array_equal(burnt, mask)


def test_simplification_is_in_metres_and_stays_valid(tmp_path):
    rows, cols = np.mgrid[:200, :200]
    mask = ((np.hypot(rows - 100, cols - 100) < 80) & ~(np.hypot(rows - 60, cols - 90) < 15)) * 1
    write_mask(tmp_path / "m.tif", mask.astype(np.uint8), **UTM)
    vectorise(tmp_path / "m.tif", tmp_path / "a.gpkg", progress=False)
    vectorise(tmp_path / "m.tif", tmp_path / "b.gpkg", tolerance=1, progress=False)
    exact, simple = gpd.read_file(tmp_path / "a.gpkg"), gpd.read_file(tmp_path / "b.gpkg")
    assert simple.geometry.is_valid.all()
    assert simple.geometry.count_coordinates().sum() < exact.geometry.count_coordinates().sum() / 5
    assert simple.geometry.iloc[0].hausdorff_distance(exact.geometry.iloc[0]) <= 1
    assert simple["area_m2"].iloc[0] == pytest.approx(mask.sum() / 4, rel=0.02)


def test_degrees_are_measured_in_metres(tmp_path):
    degree = 1 / 111_320
    mask = np.zeros((100, 100), dtype=np.uint8)
    mask[20:40, 20:40] = 1
    place = {"crs": "EPSG:4326", "transform": from_origin(10, 60, 2 * degree, degree)}
    write_mask(tmp_path / "m.tif", mask, **place)
    vectorise(tmp_path / "m.tif", tmp_path / "v.gpkg", tolerance=0.1, progress=False)
    frame = gpd.read_file(tmp_path / "v.gpkg")
    assert frame["area_m2"].tolist() == pytest.approx([400], rel=0.01)
    assert frame["class"].tolist() == ["1"]
    again = vectorise(tmp_path / "m.tif", tmp_path / "v.gpkg", min_area=500, overwrite=True)
    assert again.counts == {"1": 0}
    assert len(gpd.read_file(tmp_path / "v.gpkg")) == 0


def test_bad_input(tmp_path, mask):
    write_mask(tmp_path / "nowhere.tif", mask, transform=UTM["transform"])
    with pytest.raises(DataError, match=r"nowhere\.tif.*no CRS"):
        vectorise(tmp_path / "nowhere.tif", tmp_path / "v.gpkg")
    write_mask(tmp_path / "float.tif", mask.astype(np.float32), **UTM)
    with pytest.raises(DataError, match=r"float\.tif.*float32.*uint8"):
        vectorise(tmp_path / "float.tif", tmp_path / "v.gpkg")
    with pytest.raises(ConfigError, match=r"min_area.*-1"):
        vectorise(tmp_path / "float.tif", tmp_path / "v.gpkg", min_area=-1)
    assert not (tmp_path / "v.gpkg").exists()


def test_damage_in_the_middle_leaves_no_file_and_is_named(tmp_path):
    mask = np.random.default_rng(0).integers(0, 2, (300, 300)).astype(np.uint8)
    path = write_mask(tmp_path / "m.tif", mask, **UTM)
    path.write_bytes(path.read_bytes()[: 300 * 200])
    for name, more in (("w.gpkg", {}), ("w.parquet", {}), ("w.fgb", {"tolerance": 1})):
        with pytest.raises(DataError, match=r"Cannot read the raster `.*m\.tif`"):
            vectorise(path, tmp_path / name, block=60, progress=False, **more)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.tif"]


def test_an_unknown_option_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no option `min_aera`.*Did you mean `min_area`"):
        vectorise(tmp_path / "m.tif", tmp_path / "v.gpkg", min_aera=3)
    with pytest.raises(ConfigError, match="is a folder"):
        vectorise(tmp_path / "m.tif", tmp_path)
