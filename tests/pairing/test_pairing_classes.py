"""Shared classes: by name, renamed, left out; and the labels that a dataset then gives."""

from __future__ import annotations

import numpy as np
import pytest
from pair_samples import domain

from mmda.datasets import TiledDataset
from mmda.datasets.transforms import LoadTile
from mmda.errors import ConfigError
from mmda.pairing.classes import parse_renames, share_classes
from mmda.raster.dataset.domain import TiledDomain


def info(*classes):
    return {"classes": list(classes), "palette": [[i, 10 * i, 0] for i in range(len(classes))]}


def test_equal_classes_need_no_map():
    shared = share_classes(info("ground", "building"), info("ground", "building"))
    assert shared.names == ["ground", "building"]
    assert shared.maps == {"source": None, "target": None}
    assert shared.warnings == []


def test_classes_are_matched_by_name_in_the_sources_order():
    source, target = info("ground", "Tree", "road", "car"), info("road", "ground", "tree")
    shared = share_classes(source, target)
    assert shared.names == ["ground", "Tree", "road"]
    assert shared.maps["source"] == {
        "ground": "ground",
        "Tree": "Tree",
        "road": "road",
        "car": None,
    }
    assert shared.maps["target"] == {"road": "road", "ground": "ground", "tree": "Tree"}
    assert shared.palette == [[0, 0, 0], [1, 10, 0], [2, 20, 0]]
    assert shared.warnings == ["source: the classes car are ignored (255)."]


def test_given_classes_and_renames():
    source, target = info("bg", "house", "shed", "cloud"), info("background", "building")
    renames = parse_renames(
        ["source:bg=background", "source:house=building", "source:shed=building",
         "source:cloud=ignore"]
    )  # fmt: skip
    shared = share_classes(source, target, ["building", "background"], renames)
    assert shared.names == ["building", "background"]
    assert shared.maps["source"] == {
        "bg": "background", "house": "building", "shed": "building", "cloud": None
    }  # fmt: skip
    assert shared.maps["target"] == {"background": "background", "building": "building"}
    assert shared.palette == [[1, 10, 0], [0, 0, 0]]
    assert share_classes(source, target, None, renames).names == ["background", "building"]


def test_a_class_that_the_target_lacks_is_said_not_to_be_scored():
    shared = share_classes(info("a", "b", "c"), info("a", "b"), ["a", "b", "c"])
    assert any("no class is mapped to c" in warning for warning in shared.warnings)


@pytest.mark.parametrize(
    ("classes", "renames", "message"),
    [
        (None, ["source:a=x"], r"share the classes \[b\].*--map source:NAME=SHARED"),
        (["a", "A"], [], "at least two different"),
        (["a", "bb"], [], r"No class of the source is mapped to `bb`.*Did you mean `b`"),
        (None, ["target:d=a"], r"target has no class `d`; its classes are a, b"),
        (None, ["somewhere:a=b"], "expected source:NAME=SHARED"),
        (None, ["source:a"], "expected source:NAME=SHARED"),
    ],
)
def test_what_cannot_be_shared(classes, renames, message):
    with pytest.raises(ConfigError, match=message):
        share_classes(info("a", "b"), info("a", "b"), classes, parse_renames(renames))


def test_labels_are_mapped_as_they_are_loaded(tmp_path):
    names = ("ground", "road", "tree")
    root = domain(tmp_path, "s", "train", ids=3, classes=names)
    mapped = {"ground": "b", "road": None, "tree": "a"}
    plain = TiledDataset(str(root), pipeline=[LoadTile()])
    options = {"class_map": mapped, "metainfo": {"classes": ["a", "b"]}}
    dataset = TiledDataset(str(root), pipeline=[LoadTile()], **options)
    assert dataset.metainfo["classes"] == ["a", "b"]
    for index in range(len(plain)):
        before, after = plain[index]["gt_seg_map"], dataset[index]["gt_seg_map"]
        assert after.dtype == np.uint8
        np.testing.assert_array_equal(after, np.array([1, 255, 0], np.uint8)[before])
    (row, *_), (own, *_) = (
        TiledDomain(root, None, mapped, ["a", "b"]).rows(),
        TiledDomain(root).rows(),
    )
    assert row["class_pixels"] == [own["class_pixels"][2], own["class_pixels"][0]]
    assert row["ignore_pixels"] == own["ignore_pixels"] + own["class_pixels"][1]


@pytest.mark.parametrize(
    ("class_map", "message"),
    [
        ({"ground": "a"}, "lacks the class `building`"),
        ({"ground": "a", "building": "c"}, "maps `building` to `c`; expected one of a, b"),
        ({"ground": "a", "bilding": "b"}, "names the class `bilding`.*Did you mean `building`"),
    ],
)
def test_maps_that_do_not_fit(tmp_path, class_map, message):
    root = domain(tmp_path, "s", "train")
    with pytest.raises(ConfigError, match=message):
        TiledDomain(root, None, class_map, ["a", "b"])
