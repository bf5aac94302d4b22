from __future__ import annotations

import csv
import hashlib
import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.features import rasterize

from mmda.errors import ConfigError
from mmda.toy import city
from mmda.toy.drawing import CLASSES
from mmda.toy.shift import PRESETS, make_shift
from mmda.toy.style import SOURCE

SIZE = 256
SCENES = {"train": 2, "val": 1, "test": 1}


@pytest.fixture(scope="module")
def cities(tmp_path_factory):
    out = tmp_path_factory.mktemp("cities")
    city.generate(out, PRESETS["default"], seed=5, scenes=SCENES, size=SIZE, workers=1)
    return out


def hashes(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def images(folder, domain="*"):
    paths = sorted(folder.glob(f"{domain}/images/*.tif"))
    return [rasterio.open(path).read() for path in paths]


def test_same_seed_gives_the_same_bytes_with_any_number_of_workers(cities, tmp_path):
    city.generate(tmp_path, PRESETS["default"], seed=5, scenes=SCENES, size=SIZE, workers=2)
    assert hashes(tmp_path) == hashes(cities)


def test_another_seed_gives_other_cities(cities, tmp_path):
    city.generate(tmp_path, PRESETS["default"], seed=6, scenes=SCENES, size=SIZE, workers=1)
    for a, b in zip(images(cities), images(tmp_path), strict=True):
        assert (a != b).mean() > 0.5


def test_scenes_of_a_city_differ(cities):
    first, second = images(cities, "source")[:2]
    assert (first != second).mean() > 0.5


def test_the_source_city_does_not_depend_on_the_shift(cities, tmp_path):
    scenes = {"train": 1}
    city.generate(tmp_path, PRESETS["mild"], seed=5, scenes=scenes, size=SIZE, workers=1)
    name = f"source/images/{SOURCE.name}_1.tif"
    assert (tmp_path / name).read_bytes() == (cities / name).read_bytes()


def test_georeference(cities):
    ratio = PRESETS["default"].gsd_ratio
    for domain, gsd in (("source", SOURCE.gsd), ("target", SOURCE.gsd * ratio)):
        frames, codes = [], set()
        for path in sorted((cities / domain / "images").glob("*.tif")):
            with rasterio.open(path) as raster:
                assert raster.res == pytest.approx((gsd, gsd))
                assert raster.crs.is_projected
                assert raster.nodata == 0
                assert raster.dtypes == ("uint8",) * 3
                codes.add(raster.crs.to_epsg())
                frames.append(shapely.box(*raster.bounds))
        assert len(frames) == sum(SCENES.values())
        assert len(codes) == 1
        assert shapely.union_all(frames).area == pytest.approx(sum(f.area for f in frames))
    source, target = (
        rasterio.open(next((cities / d / "images").glob("*.tif"))) for d in city.DOMAINS
    )
    assert source.crs != target.crs


@pytest.mark.parametrize(("task", "count"), [("buildings", 2), ("roads", 2), ("landcover", 7)])
def test_mask_values(cities, task, count):
    seen = set()
    for domain in city.DOMAINS:
        for path in sorted((cities / domain / "masks" / task).glob("*.tif")):
            with (
                rasterio.open(path) as mask,
                rasterio.open(cities / domain / "images" / path.name) as image,
            ):
                assert mask.count == 1
                assert mask.dtypes == ("uint8",)
                assert (mask.shape, mask.transform, mask.crs) == (
                    image.shape,
                    image.transform,
                    image.crs,
                )
                seen |= set(np.unique(mask.read()).tolist())
    assert seen == set(range(count))


def mask_and_vectors(path, name):
    vectors = gpd.read_file(path.parents[2] / "vectors" / f"{path.stem}_{name}.gpkg")
    with rasterio.open(path) as raster:
        assert vectors.crs == raster.crs
        return raster.read(1), vectors, raster.transform


def iou(a, b):
    return np.logical_and(a, b).sum() / np.logical_or(a, b).sum()


@pytest.mark.parametrize("domain", city.DOMAINS)
def test_masks_agree_with_the_vectors(cities, domain):
    for path in sorted((cities / domain / "masks" / "buildings").glob("*.tif")):
        mask, vectors, transform = mask_and_vectors(path, "buildings")
        drawn = rasterize(vectors.geometry, mask.shape, transform=transform)
        assert iou(mask, drawn) > 0.99
    for path in sorted((cities / domain / "masks" / "roads").glob("*.tif")):
        mask, vectors, transform = mask_and_vectors(path, "roads")
        drawn = rasterize(vectors.buffer(vectors["width"] / 2), mask.shape, transform=transform)
        assert iou(mask, drawn) > 0.95


def test_landcover_agrees_with_the_single_masks(cities):
    tree, vehicle = CLASSES.index("tree"), CLASSES.index("vehicle")
    for path in sorted(cities.glob("*/masks/landcover/*.tif")):
        landcover = rasterio.open(path).read(1)
        buildings, roads = (
            rasterio.open(path.parents[1] / task / path.name).read(1).astype(bool)
            for task in ("buildings", "roads")
        )
        assert set(np.unique(landcover[buildings])) <= {CLASSES.index("building"), tree}
        assert set(np.unique(landcover[roads])) <= {CLASSES.index("road"), tree, vehicle}
        assert not (buildings & roads).any()
        assert buildings[landcover == CLASSES.index("building")].all()


def test_landcover_is_imbalanced(cities):
    counts = sum(
        np.bincount(rasterio.open(path).read(1).ravel(), minlength=7)
        for path in cities.glob("*/masks/landcover/*.tif")
    )
    share = counts / counts.sum()
    assert share.max() > 0.3
    assert 0 < share[CLASSES.index("vehicle")] < 0.02


def colour_gap(folder):
    means = []
    for domain in city.DOMAINS:
        valid = [image[:, image.min(axis=0) > 0] for image in images(folder, domain)]
        means.append(np.concatenate(valid, axis=1).mean(axis=1))
    return np.abs(means[0] - means[1]).max()


def test_the_cities_differ_and_without_shift_they_do_not(cities, tmp_path):
    city.generate(tmp_path, PRESETS["none"], seed=5, scenes=SCENES, size=SIZE, workers=1)

    assert 2 * colour_gap(tmp_path) < colour_gap(cities)


def test_scene_table_and_record(cities):
    with (cities / "target" / "scenes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["split"] for row in rows] == ["train", "train", "val", "test"]
    assert {row["city"] for row in rows} == {"brook"}
    assert all((cities / "target" / "images" / f"{r['scene']}.tif").is_file() for r in rows)
    record = json.loads((cities / "toy.json").read_text())
    assert record["shift"]["gsd_ratio"] == PRESETS["default"].gsd_ratio
    assert record["seed"] == 5


def test_second_run_does_nothing(cities, monkeypatch):
    monkeypatch.setattr(city, "make_scene", lambda job: pytest.fail(f"made {job.name} again"))
    before = {path: path.stat().st_mtime_ns for path in cities.rglob("*")}
    city.generate(cities, PRESETS["default"], seed=5, scenes=SCENES, size=SIZE, workers=1)
    assert {path: path.stat().st_mtime_ns for path in cities.rglob("*")} == before


def test_interrupted_run_goes_on_to_the_same_result(cities, tmp_path, monkeypatch):
    real, made = city.make_scene, []

    def stop_at_third(job):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(job.name)
        return real(job)

    arguments = (tmp_path, PRESETS["default"], 5, SCENES, SIZE, 1)
    with monkeypatch.context() as patch:
        patch.setattr(city, "make_scene", stop_at_third)
        with pytest.raises(KeyboardInterrupt):
            city.generate(*arguments)
    assert not (tmp_path / "toy.json").exists()
    image = tmp_path / "source" / "images" / f"{made[0]}.tif"
    written = image.stat().st_mtime_ns
    city.generate(*arguments)
    assert image.stat().st_mtime_ns == written
    assert hashes(tmp_path) == hashes(cities)


def test_a_lost_file_is_made_again(cities, tmp_path):
    arguments = (tmp_path, PRESETS["default"], 5, SCENES, SIZE, 1)
    city.generate(*arguments)
    (tmp_path / "target" / "masks" / "roads" / "brook_2.tif").unlink()
    city.generate(*arguments)
    assert hashes(tmp_path) == hashes(cities)


def test_other_parameters_in_the_same_folder_are_refused(cities):
    with pytest.raises(ConfigError, match=r"other parameters .*seed"):
        city.generate(cities, PRESETS["default"], 6, SCENES, SIZE, 1)
    with pytest.raises(ConfigError, match="shift"):
        city.generate(cities, make_shift("default", {"haze": 0.01}), 5, SCENES, SIZE, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 10}, "`size` to be at least 64"),
        ({"seed": -1}, "`seed` to be at least 0"),
        ({"workers": 0}, "`workers` to be at least 1"),
        ({"scenes": {"trian": 1}}, "Unknown split `trian`"),
        ({"scenes": {"train": 0}}, "at least one scene"),
    ],
)
def test_bad_arguments(tmp_path, change, message):
    arguments = {"seed": 0, "scenes": {"train": 1}, "size": SIZE, "workers": 1, **change}
    with pytest.raises(ConfigError, match=message):
        city.generate(tmp_path, PRESETS["default"], **arguments)
    assert not list(tmp_path.iterdir())
