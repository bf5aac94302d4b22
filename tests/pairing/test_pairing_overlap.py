"""Ground that two domains share, by georeference or by the Massachusetts file names."""

from __future__ import annotations

import numpy as np
import pytest
from pair_samples import SIDE, domain
from raster_samples import noise, tile, write
from rasterio.transform import from_origin
from rasterio.warp import transform_bounds

from mmda.pairing.overlap import find_overlap
from mmda.raster import Scene
from mmda.raster.dataset.domain import TiledDomain

WIDTH = 2 * SIDE * 0.5  # metres of a scene


def overlap(source, target):
    domains = TiledDomain(source), TiledDomain(target)
    return find_overlap(*domains, (domains[0].rows(), domains[1].rows()))


def test_overlapping_scenes_are_counted_by_split_and_measured(tmp_path):
    source = domain(tmp_path, "s", "train train")
    target = domain(tmp_path, "t", "test train", east=1.25 * WIDTH)
    found = overlap(source, target)
    assert (found.source_scenes, found.target_scenes) == (1, 1)
    assert found.splits == {"train/test": 1}
    assert found.examples == [("s1", "t0")]
    assert found.area_km2 == pytest.approx(0.75 * WIDTH * WIDTH / 2 / 1e6, rel=0.01)
    (warning,) = found.warnings()
    assert "1 source and 1 target scenes show the same ground" in warning
    assert "`s1` and `t0`" in warning


def test_abutting_domains_do_not_overlap(tmp_path):
    source = domain(tmp_path, "s", "train train")
    found = overlap(source, domain(tmp_path, "t", "train", east=2 * WIDTH))
    assert found.examples == []
    assert found.warnings() == []


def test_another_crs_is_the_same_ground(tmp_path):
    source = domain(tmp_path, "s", "train")
    bounds = transform_bounds(32633, 4326, 500000, 5000000 - WIDTH / 2, 500000 + WIDTH, 5000000)
    step = (bounds[2] - bounds[0]) / SIDE
    image = noise(3, SIDE, SIDE)
    place = from_origin(bounds[0], bounds[3], step, step)
    path = write(tmp_path / "g.tif", image, crs="EPSG:4326", transform=place)
    with pytest.warns(UserWarning, match="objects are squeezed"):
        tile([Scene("g", str(path))], tmp_path / "t")
    assert overlap(source, tmp_path / "t").examples == [("s0", "g")]


def test_massachusetts_names_place_scenes_without_georeference(tmp_path):
    roads = domain(tmp_path, "roads", "train train test", gsd=None,
                   scene_names=["10078660_15", "10228660_15", "22678915_15"])  # fmt: skip
    buildings = domain(tmp_path, "buildings", "train val", gsd=None,
                       scene_names=["10228660_15", "23579065_15"])  # fmt: skip
    found = overlap(roads, buildings)
    assert found.examples == [("10228660_15", "10228660_15")]
    assert found.area_km2 == pytest.approx(2.25, rel=0.01)
    assert found.unplaced == {"source": 0, "target": 0}


def test_scenes_of_unknown_place_are_said(tmp_path):
    source = domain(tmp_path, "s", "train train", gsd=None)
    found = overlap(source, domain(tmp_path, "t", "train"))
    assert found.unplaced == {"source": 2, "target": 0}
    assert "2 source scenes have no georeference" in found.warnings()[0]
    assert np.isscalar(found.area_km2)
