"""Regions of label maps against a loop over classes and components."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mmda.models.alignments.regions import RegionRule


def slow(maps, rule):
    """The slot of each cell, from one labelling per image and class."""
    found = np.full(maps.shape, -1)
    structure = np.ones((3, 3)) if rule.connectivity == 8 else None
    for image, cells in enumerate(maps):
        for number, k in enumerate(rule.things):
            components, count = ndimage.label(cells == k, structure)
            masks = sorted((components == i + 1 for i in range(count)), key=lambda m: -m.sum())
            for rank, mask in enumerate(masks[: rule.max_instances]):
                if mask.sum() >= rule.min_area:
                    found[image][mask] = number * rule.max_instances + rank
        for number, k in enumerate(rule.stuff):
            mask = cells == k
            if mask.sum() >= rule.min_area:
                found[image][mask] = len(rule.things) * rule.max_instances + number
    return found


def draw(seed, images=3, classes=4, size=(13, 9)):
    """Random label maps with small regions and cells of no class."""
    rng = np.random.default_rng(seed)
    maps = rng.integers(0, classes, (images, *size)).astype(np.uint8)
    maps[rng.random(maps.shape) < 0.2] = 255
    return maps


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize(
    "rule",
    [
        dict(things=(1, 2, 3)),
        dict(things=(3, 1), stuff=(0,), max_instances=3),
        dict(things=(2,), stuff=(3, 0, 1), max_instances=2, min_area=4),
        dict(things=(), stuff=(1,), min_area=30),
    ],
)
def test_equals_the_loop(rule, connectivity):
    rule = RegionRule(connectivity=connectivity, **rule)
    for seed in range(10):
        maps = draw(seed)
        np.testing.assert_array_equal(rule.find(maps), slow(maps, rule))


def test_corners_connect_eight_but_not_four():
    maps = np.array([[[1, 0], [0, 1]]], np.uint8)
    eight = RegionRule(things=(1,), connectivity=8).find(maps)
    four = RegionRule(things=(1,), connectivity=4).find(maps)
    np.testing.assert_array_equal(eight, [[[0, -1], [-1, 0]]])
    np.testing.assert_array_equal(four, [[[0, -1], [-1, 1]]])


def test_regions_end_at_other_classes_and_at_the_image():
    """Neighbouring classes are apart, and the last row of an image from the next one's first."""
    maps = np.array([[[1, 2], [1, 2]], [[1, 2], [1, 2]]], np.uint8)
    found = RegionRule(things=(1, 2), max_instances=2).find(maps)
    np.testing.assert_array_equal(found, [[[0, 2], [0, 2]]] * 2)


def test_the_largest_are_kept_in_order():
    maps = np.array([[[1, 0, 1, 1, 1, 0, 1, 1]]], np.uint8)
    found = RegionRule(things=(1,), max_instances=2).find(maps)
    np.testing.assert_array_equal(found, [[[-1, -1, 0, 0, 0, -1, 1, 1]]])


@pytest.mark.parametrize(("min_area", "kept"), [(0, 3), (1, 3), (2, 2), (3, 1), (4, 0)])
def test_small_regions_are_left_out(min_area, kept):
    maps = np.array([[[1, 0, 1, 1, 1, 0, 1, 1]]], np.uint8)
    found = RegionRule(things=(1,), min_area=min_area).find(maps)
    assert len(set(found.ravel()) - {-1}) == kept


def test_maps_without_any_class_have_no_regions():
    maps = np.full((2, 3, 3), 255, np.uint8)
    assert (RegionRule(things=(1,), stuff=(0,)).find(maps) == -1).all()
    assert (RegionRule(things=(1,)).find(np.zeros_like(maps)) == -1).all()


def test_slots():
    rule = RegionRule(things=(5, 2), stuff=(7,), max_instances=2)
    assert (rule.thing_slots, rule.slots) == (4, 5)
    assert rule.slot_classes == [5, 5, 2, 2, 7]
