"""Pairing two tiled datasets through the API."""

from __future__ import annotations

import json

import pytest
from pair_samples import domain

import mmda
from mmda.errors import ConfigError, DataError

QUIET = {"progress": False}


@pytest.fixture
def tiles(tmp_path):
    domain(tmp_path, "s", "train train")
    domain(tmp_path, "t", "train train test", east=10_000.0, seed=9)
    return tmp_path


def test_a_pair_tells_its_configs_and_what_was_found(tiles):
    result = mmda.pair(tiles / "s", tiles / "t", tiles / "o", mmda.PairOptions(crop=32, **QUIET))
    assert result.configs == {
        name: tiles / f"o/{name}.py" for name in ("source_only", "adapted", "target_only")
    }
    assert all(path.is_file() for path in result.configs.values())
    assert result.classes == ["ground", "building"]
    assert (result.folder, result.warnings) == (tiles / "o", [])
    assert result.record == json.loads((tiles / "o/pair.json").read_text())
    assert result.record["crop"] == 32


def test_classes_are_renamed(tmp_path):
    domain(tmp_path, "s", "train", classes=("ground", "house"))
    domain(tmp_path, "t", "train val", classes=("ground", "building"), east=10_000.0)
    options = mmda.PairOptions(renames={"source": {"house": "building"}}, **QUIET)
    result = mmda.pair(tmp_path / "s", tmp_path / "t", tmp_path / "o", options)
    assert result.classes == ["ground", "building"]


def test_a_preset_finds_its_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("MMDA_DATA_ROOT", str(tmp_path))
    for index, name in enumerate(("inria", "massachusetts_buildings")):
        domain(
            tmp_path, name, "train val", classes=("background", "building"), east=index * 10_000.0
        )
    options = mmda.PairOptions(preset="inria2massachusetts", **QUIET)
    result = mmda.pair(None, None, tmp_path / "o", options)
    assert result.record["source"]["root"] == str(tmp_path / "inria")
    with pytest.raises(ConfigError, match="both folders"):
        mmda.pair(None, None, tmp_path / "o2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"val_fraction": 1.5}, "between 0 and 1"),
        ({"workers": 0}, "at least 1"),
        ({"preset": "inria2mass"}, "Did you mean `inria2massachusetts`"),
        ({"crop": 65}, "smallest tile"),
        ({"classes": ["ground", "bilding"]}, "Did you mean `building`"),
    ],
)
def test_options_that_do_not_fit(tiles, options, message):
    with pytest.raises(ConfigError, match=message):
        mmda.pair(tiles / "s", tiles / "t", tiles / "o", mmda.PairOptions(**options, **QUIET))
    with pytest.raises(DataError, match="does not exist"):
        mmda.pair(tiles / "gone", tiles / "t", tiles / "o", mmda.PairOptions(**QUIET))
