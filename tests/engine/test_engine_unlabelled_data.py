"""Which target tiles a model is run on, and as what they are opened."""

from __future__ import annotations

import json

import numpy as np
import pytest
from core_samples import ADAPTED, SOURCE_ONLY, write_domain
from mmengine.registry import init_default_scope

from mmda.engine.launch import load_config
from mmda.engine.unlabelled_data import evaluation_pipeline, target_dataset, unlabelled
from mmda.errors import ConfigError, DataError
from mmda.raster.dataset.manifest import read_manifest, write_manifest


@pytest.fixture
def elsewhere(tmp_path):
    """Another tiled city, which says that it is a source; of its target, to be normalised so."""
    folder = tmp_path / "elsewhere"
    write_domain(tmp_path / "scenes", folder, "source")
    return folder


def opened(config, data, split=None):
    init_default_scope("mmda")
    return unlabelled(target_dataset(config, data, split), evaluation_pipeline(config))


TRAINED = "\ntrain_dataloader['dataset']['target'] = dict(domain='target')"
TESTED = "test_dataloader = dict(dataset=dict(domain='target'))"


@pytest.mark.parametrize("text", [ADAPTED + TRAINED, SOURCE_ONLY + TESTED])
def test_another_folder_is_opened_as_the_same_domain(write_config, elsewhere, text):
    assert json.loads((elsewhere / "dataset.json").read_text())["domain"] == "source"
    dataset = opened(load_config(write_config(text)), str(elsewhere))
    assert (dataset.domain, dataset.split) == ("target", "train")
    assert dataset[0]["data_samples"].domain == "target"


def test_a_folder_of_windows_is_opened_as_such(write_config, elsewhere):
    config = load_config(write_config(ADAPTED))
    tiles = opened(config, elsewhere, "val")
    rows = read_manifest(elsewhere)
    write_manifest(elsewhere, [{**row, "image": None, "label": None} for row in rows])
    windows = opened(config, elsewhere, "val")
    assert type(windows).__name__ == "RasterWindowDataset"
    assert len(windows) == len(tiles) > 0
    for one, other in zip(tiles, windows, strict=True):
        np.testing.assert_array_equal(one["inputs"], other["inputs"])
    config.train_dataloader.dataset.target.update(type="RasterWindowDataset", max_open=3)
    write_manifest(elsewhere, rows)
    assert type(opened(config, elsewhere)).__name__ == "TiledDataset"


def test_the_config_s_own_folder_keeps_what_the_config_says_of_it(write_config, toy_root, tmp_path):
    config = load_config(write_config(ADAPTED))
    own = config.train_dataloader.dataset.target
    own.indices = [0]
    assert len(opened(config, own.data_root)) == 1
    assert len(opened(config, None)) == 1
    assert len(opened(config, toy_root / "buildings" / "source")) > 1


def test_a_pair_names_its_target_to_models_that_are_trained_without_it(write_config, toy_root):
    config = load_config(write_config(SOURCE_ONLY))
    with pytest.raises(ConfigError, match=r"no target dataset\. Name one with --data"):
        target_dataset(config, None, None)
    assert target_dataset(config, None, None, tested=True)["data_root"].endswith("target")
    root = str(toy_root / "buildings" / "target")
    config.target_data = dict(type="TiledDataset", data_root=root, domain="target")
    assert target_dataset(config, None, "val") == {**config.target_data, "split": "val"}


def test_a_folder_that_is_no_dataset(write_config, tmp_path):
    with pytest.raises(DataError, match="is no tiled dataset"):
        target_dataset(load_config(write_config(ADAPTED)), tmp_path, None)
