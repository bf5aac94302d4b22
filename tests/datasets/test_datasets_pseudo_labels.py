"""Pseudo-labels follow the geometry of their tiles."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import mmda.datasets.transforms  # noqa: F401  (registers the transforms)
from mmda.errors import DataError
from mmda.registry import TRANSFORMS


@pytest.fixture
def tile(tmp_path):
    """A tile whose red band says what its pseudo-label is, and the record of it."""
    rng = np.random.default_rng(0)
    (tmp_path / "labels").mkdir()
    image = rng.integers(0, 255, (40, 48, 3)).astype(np.uint8)
    image[..., 0] = np.where(image[..., 0] < 60, 255, image[..., 0] % 7)
    cv2.imwrite(str(tmp_path / "image.png"), image[..., ::-1])
    cv2.imwrite(str(tmp_path / "labels" / "one.png"), image[..., 0])
    record = {"tile": "one", "img_path": str(tmp_path / "image.png"), "seg_fields": []}
    return tmp_path, record


def run(record: dict, folder: object, *transforms: dict) -> dict:
    results = dict(record)
    load = dict(type="LoadPseudoLabel", folder=None if folder is None else str(folder))
    for config in (dict(type="LoadTile"), load, *transforms):
        results = TRANSFORMS.build(dict(config)).transform(results)
    return results


GEOMETRY = [
    dict(type="RandomCrop", crop_size=(24, 32)),
    dict(type="RandomFlip", prob=1.0, direction="diagonal"),
    dict(type="RandomRotate90", prob=1.0),
]


@pytest.mark.parametrize("seed", range(6))
def test_label_and_image_stay_together(tile, seed):
    folder, record = tile
    np.random.seed(seed)
    results = run(record, folder, *GEOMETRY)
    np.testing.assert_array_equal(results["pseudo_seg_map"], results["img"][..., 0])
    assert results["pseudo_seg_map"].shape in ((24, 32), (32, 24))
    assert "valid_map" in results["seg_fields"]


def test_resizing_takes_the_nearest_label(tile):
    folder, record = tile
    results = run(record, folder, dict(type="Resize", scale=(96, 80), keep_ratio=False))
    assert results["pseudo_seg_map"].shape == (80, 96)
    plain = run(record, folder)["pseudo_seg_map"]
    assert set(np.unique(results["pseudo_seg_map"])) == set(np.unique(plain))
    np.testing.assert_array_equal(results["pseudo_seg_map"][::2, ::2], plain)


def test_it_is_packed_beside_the_true_label(tile):
    folder, record = tile
    packed = run(record, folder, dict(type="PackDomainInputs"))
    sample = packed["data_samples"]
    assert sample.pseudo_sem_seg.data.shape == (1, 40, 48)
    assert (sample.pseudo_sem_seg.data[0] == packed["inputs"][0]).all()
    assert "gt_sem_seg" not in sample


def test_before_there_are_labels_nothing_is_read(tile):
    _, record = tile
    results = run(record, None, *GEOMETRY, dict(type="PackDomainInputs"))
    assert "pseudo_sem_seg" not in results["data_samples"]


def test_a_missing_label_and_one_of_another_size_are_refused(tile):
    folder, record = tile
    with pytest.raises(DataError, match=r"two\.png` is missing\. Write the labels"):
        run({**record, "tile": "two"}, folder)
    cv2.imwrite(str(folder / "labels" / "one.png"), np.zeros((40, 40), np.uint8))
    with pytest.raises(DataError, match=r"has \(40, 40\) pixels, its tile \(40, 48\)"):
        run(record, folder)
