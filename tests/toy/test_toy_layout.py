from __future__ import annotations

import numpy as np
import pytest
import shapely

from mmda.toy import shapes
from mmda.toy.layout import make_layout
from mmda.toy.lighting import cast_shadows, plane_shade
from mmda.toy.render import render
from mmda.toy.style import SOURCE, Sensor

SHAPES = {
    "house": shapes.house(16, 11, False),
    "hipped house": shapes.house(16, 11, True),
    "L": shapes.l_shape(18, 15, 7),
    "U": shapes.u_shape(28, 22, 8),
    "courtyard": shapes.courtyard(30, 26, 8),
    "pavilion": shapes.round_block(7, 8, True),
}


@pytest.mark.parametrize("name", SHAPES)
def test_roof_planes_cover_the_footprint(name):
    roof = SHAPES[name]
    hole = [] if roof.hole is None else [roof.hole]
    footprint = shapely.Polygon(roof.outline, hole)
    planes = shapely.union_all([shapely.Polygon(points) for points, _ in roof.planes])
    assert footprint.is_valid
    assert shapely.symmetric_difference(footprint, planes).area < 1e-6


@pytest.fixture(scope="module")
def layout():
    return make_layout(np.random.default_rng(3), SOURCE, 512)


def test_buildings_overlap_neither_each_other_nor_streets_and_water(layout):
    footprints = np.array([b.footprint for b in layout.buildings])
    assert len(footprints) > 20
    assert shapely.is_valid(footprints).all()
    assert shapely.union_all(footprints).area == pytest.approx(shapely.area(footprints).sum())
    blocked = shapely.union_all([*layout.surfaces, layout.water])
    assert shapely.intersection(blocked, shapely.union_all(footprints)).area == 0


def test_no_trunk_stands_in_a_building(layout):
    built = shapely.union_all([b.footprint for b in layout.buildings])
    assert len(layout.trees) > 50
    assert not shapely.contains_xy(built, layout.trees[:, :2]).any()


def test_vehicles_are_on_the_streets(layout):
    streets = shapely.union_all(list(layout.surfaces)).buffer(0.3)
    assert len(layout.vehicles) > 5
    assert all(streets.contains(shapely.Polygon(v)) for v in layout.vehicles)


@pytest.mark.parametrize(
    ("azimuth", "rows", "columns"),
    [(180.0, slice(10, 20), slice(20, 24)), (90.0, slice(20, 24), slice(10, 20))],
)
def test_shadow_falls_away_from_the_sun_and_is_as_long_as_the_height(azimuth, rows, columns):
    height = np.zeros((40, 40), dtype=np.float32)
    height[20:24, 20:24] = 5.5
    shadow = cast_shadows(height, gsd=0.5, azimuth=azimuth, elevation=45.0)
    expected = np.zeros_like(shadow)
    expected[rows, columns] = True
    np.testing.assert_array_equal(shadow, expected)


def test_roof_plane_towards_the_sun_is_brighter():
    south = plane_shade(np.pi / 2, azimuth=180, elevation=45)
    north = plane_shade(-np.pi / 2, azimuth=180, elevation=45)
    assert south > 1 > north


def test_shadows_are_no_label(layout):
    low = SOURCE.__class__(**{**SOURCE.__dict__, "sun_elevation": 25.0, "sensor": Sensor()})
    scenes = [render(np.random.default_rng(1), layout, style, 512) for style in (SOURCE, low)]
    np.testing.assert_array_equal(scenes[0].landcover, scenes[1].landcover)
    assert scenes[1].reflectance.mean() < scenes[0].reflectance.mean()
