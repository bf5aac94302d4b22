"""Intervals, scenes, settings and data of a report."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mmda.engine.launch import load_config
from mmda.reporting.domains import domains
from mmda.reporting.environment import differences, environment
from mmda.reporting.intervals import bootstrap
from mmda.reporting.predictions import TestTiles
from mmda.reporting.runs import FoundRun
from mmda.reporting.scene import put_together, shown_tiles
from mmda.reporting.tile_scores import _shares

RIGHT, HALF, WRONG = ([[8, 0], [0, 8]], [[6, 2], [2, 6]], [[4, 4], [4, 4]])


def test_equal_tiles_have_no_interval_and_unequal_ones_do():
    same = np.array([HALF] * 6)
    trio = {"source_only": np.array([WRONG] * 6), "adapted": same, "target_only": [RIGHT] * 6}
    found = bootstrap({k: np.array(v) for k, v in trio.items()}, ["a", "b"] * 3, 0)
    assert (found.drawn, found.count) == ("tiles", 6)
    assert found.miou["adapted"] == pytest.approx((60, 60))  # 6 of 6 + 2 + 2, both classes
    assert found.nam == pytest.approx((40, 40))  # from 1/3 to 1: (60 - 33.3) / (100 - 33.3)
    mixed = bootstrap({"adapted": np.array([RIGHT, WRONG] * 10)}, ["a"] * 20, 0)
    low, high = mixed.miou["adapted"]
    assert 33.4 < low < 60 < high < 99
    assert mixed.nam is None


def test_scenes_are_drawn_where_there_are_some():
    by_scene = np.array([RIGHT, RIGHT, WRONG, WRONG, HALF] * 2)
    found = bootstrap({"x": by_scene}, list("aabbccddee"), 0)
    assert (found.drawn, found.count) == ("scenes", 5)
    assert not bootstrap({"x": by_scene[:1]}, ["a"], 0).miou


def test_shares_of_a_class_that_does_not_occur_are_not_known():
    shares = _shares(np.array([[3, 1], [0, 0]]))
    assert shares[0].tolist() == [75, 25]
    assert np.isnan(shares[1]).all()


def row(scene, down, across, side=4):
    place = {"row": down, "col": across, "height": side, "width": side}
    return {"id": f"{scene}_{down}_{across}", "scene": scene, **place}


def test_a_scene_is_put_together():
    rows = [row("small", 0, 0), row("big", 0, 0), row("big", 0, 4), row("big", 4, 0)]
    assert shown_tiles(rows) == [1, 2, 3]
    image = {one["id"]: np.full((4, 4, 3), 10 * n, np.uint8) for n, one in enumerate(rows)}
    reader = SimpleNamespace(
        rows=lambda split: rows, read_image=lambda one: (image[one["id"]], None)
    )
    dataset = SimpleNamespace(tiles=reader, split="test", get_data_info=lambda i: _tile(rows[i]))
    dataset = type("Tiles", (SimpleNamespace,), {"__len__": lambda self: len(rows)})(
        **vars(dataset)
    )
    parts = {i: np.full((4, 4), i, np.uint8) for i in range(4)}
    scene = put_together(TestTiles(dataset, [0], [1, 2, 3]), parts, {"run": parts})
    assert scene.name == "big"
    assert scene.image.shape == (8, 8, 3)
    assert scene.truth[[0, 0, 7, 7], [0, 7, 0, 7]].tolist() == [1, 2, 3, 255]
    np.testing.assert_array_equal(scene.truth, scene.maps["run"])
    assert scene.image[[0, 0, 7, 7], [0, 7, 0, 7], 0].tolist() == [10, 20, 30, 0]


def _tile(one):
    return {"tile": one["id"]}


def test_only_the_middle_of_a_large_scene_is_shown():
    rows = [row("a", 512 * r, 512 * c, 512) for r in range(6) for c in range(6)]
    shown = shown_tiles(rows)
    assert [(rows[i]["row"], rows[i]["col"]) for i in shown] == [
        (1024, 1024), (1024, 1536), (1536, 1024), (1536, 1536),
    ]  # fmt: skip
    assert shown_tiles([row("a", 0, 0, 3000)]) == [0]


def test_the_environment_is_that_of_the_log(tmp_path):
    log = tmp_path / "1" / "1.log"
    log.parent.mkdir()
    log.write_text(
        "x\n----------\nSystem environment:\n    Python: 3.11\n    PyTorch: 2.13\n"
        "    PyTorch compiling details: PyTorch built with:\n  - GCC 13.3\n\n    OpenCV: 5\n\n"
        f"Runtime environment:\n    seed: 3\n{'-' * 60}\n    later: 1\n"
    )
    run = FoundRun("x", tmp_path, None, None)
    expected = {"Python": "3.11", "PyTorch": "2.13", "OpenCV": "5", "seed": "3"}
    assert environment(run) == expected
    assert environment(FoundRun("x", tmp_path / "none", None, None)) == {}


def test_settings_that_differ_are_listed(write_config):
    other = 'randomness = dict(seed=7)\nlog_level = "INFO"\n'
    one, two = (load_config(write_config(text, name="c.py")) for text in ("", other))
    assert differences({"a": one, "b": two}) == [("randomness.seed", ["0", "7"])]
    assert differences({"a": one}) == []


def test_the_data_are_described_without_the_targets_training_labels(write_config):
    source, target = domains(load_config(write_config()))
    assert (source.facts["ground sample distance"], target.facts["tiles"]) == (
        "0.5 m", "train 4, val 4, test 4",
    )  # fmt: skip
    assert (list(source.shares), list(target.shares)) == (["train"], ["test"])
    assert sum(target.shares["test"].values()) == pytest.approx(100)
    assert source.places.count("z") == 12  # the outlines of all tiles
    assert source.places.startswith("<svg")
