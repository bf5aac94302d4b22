"""Tiled datasets: records, labels, and what does not fit."""

from __future__ import annotations

import json
import shutil

import pytest

from mmda.datasets import (
    BuildingDataset,
    LandCoverDataset,
    RoadDataset,
    StreetDataset,
    TiledDataset,
)
from mmda.datasets.street import SYNTHIA_13, SYNTHIA_16
from mmda.datasets.tiled import BACKGROUND, _background
from mmda.errors import ConfigError, DataError


@pytest.fixture
def source(toy_root, tmp_path):
    return shutil.copytree(toy_root / "buildings" / "source", tmp_path / "source")


@pytest.mark.parametrize(("split", "tiles"), [("train", 8), ("val", 4)])
def test_records_are_the_split_in_the_manifests_order(source, split, tiles):
    dataset = TiledDataset(str(source), split)
    records = [dataset.get_data_info(i) for i in range(len(dataset))]
    assert len(records) == tiles
    assert [r["tile"] for r in records] == sorted(r["tile"] for r in records)
    assert all(f"/{split}/images/" in r["img_path"] for r in records)
    assert all(f"/{split}/labels/" in r["seg_map_path"] for r in records)
    assert {r["domain"] for r in records} == {"source"}
    assert list(dataset.metainfo["classes"]) == ["background", "building"]
    assert len(dataset.metainfo["palette"]) == 2


def test_an_unlabelled_use_never_names_labels(source):
    dataset = BuildingDataset(str(source), labelled=False)
    assert all("seg_map_path" not in dataset.get_data_info(i) for i in range(len(dataset)))


@pytest.mark.parametrize(("indices", "expected"), [(3, 3), ([0, 5], 2)])
def test_indices(source, indices, expected):
    assert len(TiledDataset(str(source), indices=indices)) == expected


def test_unknown_split(source):
    with pytest.raises(DataError, match=r"no tiles in split `test`.*'train': 8"):
        TiledDataset(str(source), "test")


def test_missing_folder(tmp_path):
    advice = (
        r"nowhere.dataset\.json` does not exist.*`mmda tile geotiff.*`mmda translate SOURCE OUT"
    )
    with pytest.raises(DataError, match=advice):
        TiledDataset(str(tmp_path / "nowhere"))


def test_classes_of_another_task(source):
    with pytest.raises(ConfigError, match=r"\['background', 'building'\].*RoadDataset.*'road'"):
        RoadDataset(str(source))


def test_labels_asked_for_and_absent(source):
    from mmda.raster.dataset.manifest import read_manifest, write_manifest

    rows = [dict(r, label=None, class_pixels=None) for r in read_manifest(source)]
    write_manifest(source, rows)
    with pytest.raises(DataError, match=r"tiles without labels.*Set `labelled=False`"):
        TiledDataset(str(source))
    assert len(TiledDataset(str(source), labelled=False)) == 8


def test_another_format(source):
    path = source / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(DataError, match="format 99"):
        TiledDataset(str(source))


def test_street_classes():
    assert len(StreetDataset.METAINFO["classes"]) == 19
    assert (len(SYNTHIA_16), len(SYNTHIA_13)) == (16, 13)
    assert not {"terrain", "truck", "train"} & set(SYNTHIA_16)
    assert not {"wall", "fence", "pole"} & set(SYNTHIA_13)


@pytest.mark.parametrize(
    ("metainfo", "expected"),
    [
        (None, 0),
        (dict(background=None), None),
        (dict(background="building"), 1),
        (dict(background="Background"), 0),
        (dict(classes=("ground", "building")), None),
    ],
)
def test_the_background_is_the_class_of_that_name_or_the_one_named(source, metainfo, expected):
    class_map = dict(background="ground", building="building")
    mapped = dict(class_map=class_map) if "classes" in (metainfo or {}) else {}
    dataset = TiledDataset(str(source), metainfo=metainfo, **mapped)
    assert dataset.get_data_info(0)["background"] == expected
    assert "background" not in dataset.metainfo


def test_street_scenes_have_no_background():
    assert _background(BACKGROUND, StreetDataset.METAINFO["classes"]) is None
    assert _background(BACKGROUND, LandCoverDataset.METAINFO["classes"]) is None
    assert _background(BACKGROUND, RoadDataset.METAINFO["classes"]) == 0


def test_a_background_that_is_no_class_is_refused(source):
    with pytest.raises(ConfigError, match=r"unknown background `bulding`.*Did you mean `building`"):
        TiledDataset(str(source), metainfo=dict(background="bulding"))
