"""Tracing of polygons: exact, whatever the blocks; borders in common; holes; objects."""

from __future__ import annotations

from unittest import mock

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rasterio.features import shapes
from rasterio.transform import Affine, from_origin
from shapely.geometry import shape

from mmda.errors import ConfigError
from mmda.raster.mapping.polygons.ground import Ground
from mmda.raster.mapping.polygons.objects import ObjectMaker
from mmda.raster.mapping.polygons.options import VectoriseOptions
from mmda.raster.mapping.polygons.parts import Parts
from mmda.raster.mapping.polygons.rings import link_rings
from mmda.raster.mapping.vectorise import vectorise

CRS = rasterio.crs.CRS.from_epsg(32633)
PLACE = from_origin(400_000, 5_300_000, 0.5, 0.5)
MASKS = st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 3)).flatmap(
    lambda s: arrays(np.uint8, s[:2], elements=st.integers(0, s[2]))
)
fast = settings(max_examples=60, deadline=None)


def complete(mask, rows, *, diagonal=False, clusters=False):
    """Yield what is complete, of a mask that arrives in blocks of rows."""
    parts = Parts(mask.shape[1], diagonal=diagonal, clusters=clusters)
    for top in range(0, len(mask), rows):
        yield from parts.push(mask[top : top + rows])
    yield from parts.finish()
    assert not len(parts.open)


def objects(mask, rows, transform=PLACE, **options):
    """Return geometry, id and class of the objects of a mask."""
    chosen = VectoriseOptions(**options)
    maker = ObjectMaker(Ground.of(CRS, transform, *mask.shape), mask.shape[1], chosen)
    clusters = bool(chosen.tolerance or chosen.fill_holes)
    batches = complete(mask, rows, diagonal=chosen.connectivity == 8, clusters=clusters)
    made = [maker.make(done, 0) for done in batches]
    columns = [(m.geometry, m.id.tolist(), m.class_id.tolist(), m.pixels.tolist()) for m in made]
    return [row for batch in columns for row in zip(*batch, strict=True)]


@fast
@given(MASKS, st.integers(1, 5), st.booleans())
def test_polygons_are_those_of_gdal_and_valid(mask, rows, clusters):
    expected = {
        (int(value), shapely.normalize(shape(geometry)).wkt)
        for geometry, value in shapes(mask, connectivity=4)
        if value
    }
    found = set()
    for done in complete(mask, rows, clusters=clusters):
        polygons = link_rings(done.part, done.x, done.y).polygons()
        assert shapely.is_valid(polygons).all()
        np.testing.assert_array_equal(shapely.area(polygons), done.table.pixels)
        # Corners of neighbours on a straight side are no corners to GDAL.
        plain = shapely.normalize(shapely.simplify(polygons, 0))
        found |= set(zip(done.table.value.tolist(), (p.wkt for p in plain), strict=True))
    areas = [sorted(shapely.from_wkt(text).area for _, text in one) for one in (found, expected)]
    assert areas[0] == areas[1]
    for value in {value for value, _ in expected}:
        ours, theirs = (
            shapely.union_all([shapely.from_wkt(text) for v, text in one if v == value])
            for one in (found, expected)
        )
        assert ours.symmetric_difference(theirs).area == 0


@fast
@given(
    MASKS, st.integers(1, 4), st.sampled_from([4, 8]), st.sampled_from([0.0, 0.6, 1.5]),
    st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 0.3]), st.integers(1, 9),
)  # fmt: skip
def test_objects_do_not_depend_on_the_blocks(
    mask, rows, connectivity, tolerance, fill, least, band
):
    options = {"connectivity": connectivity, "tolerance": tolerance, "fill_holes": fill}
    with mock.patch("mmda.raster.mapping.polygons.parts.BAND", band * mask.shape[1]):
        whole = objects(mask, 1000, min_area=least, **options)
        assert objects(mask, rows, min_area=least, **options) == whole
    assert shapely.is_valid([row[0] for row in whole]).all()
    if fill and not tolerance:
        parts = [row[0] for row in whole]
        assert shapely.union_all(parts).area == pytest.approx(sum(shapely.area(parts)))


@fast
@given(MASKS.filter(lambda mask: mask.size > 20), st.sampled_from([0.5, 1.0, 2.0]))
def test_simplified_classes_leave_no_gap_and_do_not_overlap(mask, tolerance):
    simple = [row[0] for row in objects(mask + 1, 1000, tolerance=tolerance)]
    assert shapely.coverage_is_valid(simple)
    whole = shapely.union_all(simple)
    assert sum(shapely.area(simple)) == pytest.approx(whole.area)
    assert not any(len(part.interiors) for part in shapely.get_parts(whole))


def test_neighbours_share_their_border_at_two_metres(tmp_path):
    """One of the faults was 2344 m2 of gaps and 1224 m2 of overlaps on 250,000 m2."""
    rows, columns = np.mgrid[:400, :400] / 400
    field = np.sin(9 * rows + 4 * np.sin(7 * columns)) + np.sin(8 * columns + 3 * rows)
    mask = np.digitize(field, [-0.8, 0, 0.9]).astype(np.uint8)
    simple = [row[0] for row in objects(mask + 1, 37, tolerance=2.0)]
    exact = [row[0] for row in objects(mask + 1, 37)]
    assert shapely.coverage_is_valid(simple)
    whole = shapely.union_all(simple).area
    assert whole == pytest.approx(40_000, rel=0.001)  # the corners of the map
    assert sum(shapely.area(simple)) == pytest.approx(whole, rel=1e-9)
    assert shapely.get_num_coordinates(simple).sum() < shapely.get_num_coordinates(exact).sum() / 4
    plain = shapely.simplify(exact, 2.0)  # what was done before
    assert sum(shapely.area(plain)) - shapely.union_all(plain).area > 20


def test_a_diagonal_is_one_object_of_eight_neighbours():
    mask = np.eye(50, dtype=np.uint8)
    assert len(objects(mask, 7)) == 50
    ((geometry, first, _, pixels),) = objects(mask, 7, connectivity=8)
    assert (geometry.geom_type, len(geometry.geoms), first, pixels) == ("MultiPolygon", 50, 0, 50)
    assert geometry.is_valid


def test_small_holes_are_filled_unless_they_hold_a_polygon():
    mask = np.zeros((12, 40), np.uint8)
    mask[1:11, 1:39] = 1
    mask[3, 4:6] = 0  # 0.5 m2
    mask[3:9, 10:20] = 0  # 15 m2, too large
    mask[3:6, 22:25] = 0  # 2.25 m2 around another polygon
    mask[4, 23] = 2
    mask[3:6, 30:33] = 2  # another polygon of 2.25 m2

    def holes(**options):
        found = {row[2]: row[0] for row in objects(mask, 5, fill_holes=3, **options)}
        return [shapely.Polygon(ring).area for ring in found[0].interiors]

    assert sorted(holes()) == [2.25, 2.25, 15]
    assert sorted(holes(min_area=1)) == [2.25, 15]  # the polygon in the hole is left out


def test_confidence_is_the_mean_of_the_class_without_invalid_pixels(tmp_path):
    mask = np.zeros((6, 9), np.uint8)
    mask[1:5, 1:4], mask[1:3, 6:9] = 1, 2
    shares = np.random.default_rng(0).integers(0, 255, (3, 6, 9)).astype(np.uint8)
    shares[:, 2, 2] = 255
    place = {"crs": CRS, "transform": PLACE, "width": 9, "height": 6, "dtype": "uint8"}
    for name, pixels in (("m", mask[None]), ("p", shares)):
        with rasterio.open(tmp_path / f"{name}.tif", "w", driver="GTiff",
                           count=len(pixels), **place) as file:  # fmt: skip
            file.write(pixels)
    paths = tmp_path / "m.tif", tmp_path / "v.gpkg"
    vectorise(*paths, probabilities=tmp_path / "p.tif", block=4, progress=False)
    frame = gpd.read_file(paths[1]).set_index("class_id")
    valid = (mask == 1) & (shares[1] != 255)
    assert frame["confidence"][1] == pytest.approx(shares[1][valid].mean() / 254)
    assert frame["confidence"][2] == pytest.approx(shares[2][mask == 2].mean() / 254)


@pytest.mark.parametrize(("degrees", "expected"), [(0, 90), (30, 120), (90, 0), (135, 45)])
def test_orientation_is_the_bearing_of_the_long_side(degrees, expected):
    rotated = PLACE @ Affine.rotation(degrees)  # in pixels, whose rows go down: clockwise
    mask = np.ones((4, 12), np.uint8)
    ground = Ground.of(CRS, rotated, 4, 12)
    maker = ObjectMaker(ground, 12, VectoriseOptions())
    (done,) = [maker.make(one, 0) for one in complete(mask, 3)]
    assert done.orientation.tolist() == pytest.approx([expected], abs=0.1)


@pytest.mark.parametrize(
    "options",
    [{"connectivity": 6}, {"fill_holes": -1}, {"tolerance": float("nan")}, {"block": 0},
     {"classes": "road"}, {"classes": []}, {"format": "shp"}, {"roads": True, "min_area": 2}],
)  # fmt: skip
def test_options_are_checked(options):
    with pytest.raises(ConfigError, match=next(iter(options)).replace("roads", "min_area")):
        VectoriseOptions(**options)
