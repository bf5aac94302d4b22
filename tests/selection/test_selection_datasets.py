"""The tiles on which a model is measured: those of the source as its training made them."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from core_samples import ADAPTED
from mmengine.registry import init_default_scope

from mmda.datasets.transforms import MatchDomain
from mmda.engine.launch import load_config
from mmda.engine.unlabelled_data import target_dataset
from mmda.raster.dataset.manifest import PSEUDO, read_manifest, write_manifest
from mmda.registry import DATASETS
from mmda.selection.datasets import learns_from_target_labels, source_tiles, target_tiles

MATCHED = """
_domains = dict(source="{source}", target="{target}")
augment[1:1] = [
    dict(type="MatchDomain", prob=0.5, **_domains),
    dict(type="MatchScale", spread=1.3, **_domains),
]
"""


@pytest.fixture
def finer(toy_root, tmp_path):
    """A copy of the source whose pixels have half the size of the target's."""
    folder = shutil.copytree(toy_root / "buildings" / "source", tmp_path / "finer")
    rows = read_manifest(folder)
    write_manifest(folder, [{**row, "gsd": row["gsd"] / 2} for row in rows])
    return folder


@pytest.fixture
def config(write_config, finer, toy_root):
    target = toy_root / "buildings" / "target"
    text = MATCHED.format(source=finer, target=target)
    more = f"train_dataloader['dataset']['source']['data_root'] = '{finer}'\n"
    return load_config(write_config(ADAPTED + text + more))


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_model_of_the_target_s_labels_is_known_by_more_than_its_folder(
    write_config, toy_root, tmp_path, elsewhere
):
    """The target that is chosen for is tiled a second time, or is the bound's own no more."""
    target = toy_root / "buildings" / "target"
    again = shutil.copytree(target, tmp_path / "again")
    config = load_config(write_config(ADAPTED))
    domains = config.train_dataloader.dataset
    assert not learns_from_target_labels(config, None)
    assert not learns_from_target_labels(config, again)
    domains.source.data_root = str(target)
    if elsewhere:
        rows = read_manifest(again)
        write_manifest(again, [{**row, "source": f"/b/{row['scene']}.tif"} for row in rows])
    else:
        domains.target.data_root = str(toy_root / "buildings" / "source")  # a mistake, or a swap
    assert learns_from_target_labels(config, again)


def test_labels_of_the_target_beside_those_of_the_source(write_config, toy_root):
    config = load_config(write_config(ADAPTED))
    domains = config.train_dataloader.dataset
    few = dict(domains.source, data_root=str(toy_root / "buildings" / "target"), indices=2)
    domains.source = dict(type="ConcatDataset", datasets=[domains.source, few])
    assert learns_from_target_labels(config, None)
    domains.source.datasets.pop()
    assert not learns_from_target_labels(config, None)


def test_scenes_that_the_training_does_not_see_tell_nothing(write_config, toy_root, tmp_path):
    domains = (config := load_config(write_config(ADAPTED))).train_dataloader.dataset
    own = shutil.copytree(toy_root / "buildings" / "source", tmp_path / "own")
    rows = read_manifest(own)
    (other, *_) = read_manifest(toy_root / "buildings" / "target")
    val = [{**r, "source": other["source"]} if r["split"] == "val" else r for r in rows]
    write_manifest(own, val)
    domains.source.data_root = str(own)
    assert not learns_from_target_labels(config, None)


def test_pseudo_labels_are_no_labels_of_the_target(write_config, toy_root, tmp_path):
    """A training on easy target tiles, with pseudo-labels, and hard ones (IntraDA)."""
    domains = (config := load_config(write_config(ADAPTED))).train_dataloader.dataset
    own, easy = domains.source.copy(), shutil.copytree(domains.target.data_root, tmp_path / "easy")
    domains.source.data_root = str(easy)
    assert learns_from_target_labels(config, None) and source_tiles(config) is not None
    info = json.loads((easy / "dataset.json").read_text())
    (easy / "dataset.json").write_text(json.dumps({**info, PSEUDO: True}))
    assert not learns_from_target_labels(config, None)
    assert source_tiles(config) is None
    domains.source = dict(type="ConcatDataset", datasets=[domains.source, own])
    assert source_tiles(config)["data_root"] == own["data_root"]


@pytest.mark.parametrize(("split", "data"), [(None, False), ("val", True), ("train", False)])
def test_models_are_compared_on_all_tiles_not_on_those_of_the_training(
    write_config, toy_root, split, data
):
    config = load_config(write_config(ADAPTED))
    folder = toy_root / "buildings" / "target"
    rows = {name: read_manifest(folder, name) for name in ("train", "val")}
    domains, place = config.train_dataloader.dataset, folder if data else None
    domains.target.only_tiles = [rows["train"][0]["id"]]
    domains.source.only_tiles = [read_manifest(domains.source.data_root, "train")[0]["id"]]
    assert "only_tiles" not in target_dataset(config, place, split)
    assert len(opened(target_tiles(config, place, split))) == len(rows[split or "val"]) > 1
    assert len(opened(source_tiles(config))) == len(read_manifest(domains.source.data_root, "val"))
    assert len(domains.target.only_tiles) == 1  # the training goes on with it


def opened(described):
    init_default_scope("mmda")
    return DATASETS.build(described)


def test_source_tiles_have_the_target_s_scale_and_look_always(config, finer, toy_root):
    dataset = opened(source_tiles(config))
    assert dataset.split == "val"
    match = MatchDomain(str(finer), str(toy_root / "buildings" / "target"))
    for index in range(len(dataset)):
        matched = match.match(dataset.read_image(index)).astype(float)
        halved = matched.reshape(32, 2, 32, 2, 3).mean((1, 3))
        one, again = dataset[index], dataset[index]
        np.testing.assert_array_equal(one["inputs"], again["inputs"])
        np.testing.assert_allclose(one["inputs"].permute(1, 2, 0), halved, atol=1)
        assert one["data_samples"].gt_sem_seg.shape == (32, 32)


def test_without_matching_in_the_training_source_tiles_are_as_they_are(write_config):
    dataset = opened(source_tiles(load_config(write_config(ADAPTED))))
    np.testing.assert_array_equal(dataset[0]["inputs"].permute(1, 2, 0), dataset.read_image(0))


def test_where_the_domain_that_was_matched_has_not_come_along(config, tmp_path):
    for step in config.train_dataloader.dataset.source.pipeline:
        if "target" in step:
            step.target = str(tmp_path / "gone")
    assert source_tiles(config) is None
