"""The target's splits: its own, or whole scenes of train drawn for val."""

from __future__ import annotations

import pytest
from pair_samples import domain

from mmda.datasets import TiledDataset
from mmda.errors import DataError
from mmda.pairing.splits import carve_val, evaluation_splits, is_labelled, write_split_table


def rows(labelled=True, **scenes):
    """Three tiles per scene; keyword: scene name -> split."""
    counts = [1, 2] if labelled else None
    return [
        {"scene": scene, "split": split, "class_pixels": counts}
        for scene, split in scenes.items()
        for _ in range(3)
    ]


def test_val_is_drawn_by_whole_scenes_and_by_name_alone():
    scenes = {f"s{index}": "train" for index in range(40)}
    table = carve_val(rows(**scenes), 0.25)
    assert set(table) == set(scenes)
    assert 3 <= sum(split == "val" for split in table.values()) <= 17
    more = carve_val(rows(**scenes, added="train"), 0.25)
    assert {scene: more[scene] for scene in scenes} == table


@pytest.mark.parametrize(
    "found",
    [
        rows(a="train", b="train", c="val"),
        rows(False, a="train", b="train"),
        rows(a="train"),
        rows(a="train", b="test"),
    ],
    ids=["has val", "unlabelled", "one scene", "one scene and test"],
)
def test_nothing_is_drawn(found):
    assert carve_val(found, 0.5) is None


@pytest.mark.parametrize(
    ("found", "val", "test", "words"),
    [
        (rows(a="train", b="val", c="test"), "val", "test", "own splits"),
        (rows(a="train", b="val"), "val", "val", "val is scored"),
        (rows(a="train", c="test"), None, "test", "own splits"),
        (rows(False, a="train"), None, None, "nothing can be scored"),
        (rows(False, a="train") + rows(c="test"), None, "test", "own splits"),
        (rows(a="train") + rows(False, b="val") + rows(c="test"), None, "test", "own splits"),
    ],
)
def test_what_is_watched_and_scored(found, val, test, words):
    splits = evaluation_splits(found, None)
    assert (splits.val, splits.test) == (val, test)
    assert words in splits.rule


def test_labelled_means_every_tile():
    assert is_labelled(rows(a="train"))
    assert not is_labelled(rows(a="train") + rows(False, b="train"))
    assert not is_labelled([])


def test_a_split_table_moves_scenes(tmp_path):
    root = domain(tmp_path, "t", "train train train")
    write_split_table(tmp_path / "splits.csv", {"t0": "train", "t1": "val"})
    table = str(tmp_path / "splits.csv")
    for split, scenes in (("val", {"t1"}), ("train", {"t0", "t2"})):
        dataset = TiledDataset(str(root), split, split_file=table)
        names = {dataset.get_data_info(i)["tile"].split("_")[0] for i in range(len(dataset))}
        assert names == scenes
    write_split_table(tmp_path / "splits.csv", {"gone": "val"})
    with pytest.raises(DataError, match=r"names 1 scenes.*`gone`.*Pair them again"):
        TiledDataset(str(root), split_file=table)
