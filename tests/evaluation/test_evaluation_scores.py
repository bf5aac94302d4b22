"""Confusion matrices, scores and NAM against brute force and known values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmda.evaluation import confusion_matrix, nam, scores


def brute(prediction, label, classes):
    matrix = [[0] * classes for _ in range(classes)]
    for p, t in zip(prediction.ravel().tolist(), label.ravel().tolist(), strict=True):
        if t != 255:
            matrix[t][p] += 1
    return matrix


@settings(max_examples=40, deadline=None)
@given(classes=st.integers(2, 7), seed=st.integers(0, 1000), ignored=st.floats(0, 1))
def test_confusion_and_scores_equal_brute_force(classes, seed, ignored):
    rng = np.random.default_rng(seed)
    prediction = rng.integers(0, classes, (5, 6)).astype("int64")
    label = np.where(rng.random((5, 6)) < ignored, 255, rng.integers(0, classes, (5, 6)))
    matrix = confusion_matrix(prediction, label.astype("uint8"), classes)
    assert matrix.tolist() == brute(prediction, label, classes)
    got = scores(matrix)
    valid = label != 255
    for c in range(classes):
        tp = int(((prediction == c) & (label == c)).sum())
        fp = int(((prediction == c) & (label != c) & valid).sum())
        fn = int(((prediction != c) & (label == c)).sum())
        if tp + fp + fn == 0:
            assert math.isnan(got.iou[c]) and math.isnan(got.f1[c])
        else:
            assert got.iou[c] == pytest.approx(100 * tp / (tp + fp + fn))
            assert got.f1[c] == pytest.approx(200 * tp / (2 * tp + fp + fn))
    if valid.any():
        expected = 100 * ((prediction == label) & valid).sum() / valid.sum()
        assert got.accuracy == pytest.approx(expected)
        assert got.miou == pytest.approx(np.nanmean(got.iou))
        assert got.mf1 == pytest.approx(np.nanmean(got.f1))
    else:
        assert math.isnan(got.miou) and math.isnan(got.mf1) and math.isnan(got.accuracy)


def test_an_absent_class_counts_in_no_mean():
    got = scores(np.array([[8, 0, 0], [2, 6, 0], [0, 0, 0]]))
    assert got.iou[:2] == pytest.approx([80, 75])
    assert math.isnan(got.iou[2])
    assert got.miou == pytest.approx(77.5)


def test_a_class_that_is_only_predicted_scores_zero():
    assert scores(np.array([[5, 5], [0, 0]])).iou.tolist() == [50, 0]


@pytest.mark.parametrize(
    ("prediction", "label", "message"),
    [
        ([0, 1], [0, 2], r"label has the value 2; expected class ids 0\.\.1 or 255"),
        ([0, 2], [0, 1], "prediction has the value 2"),
        ([0, 1], [-1, 1], "label has the value -1"),
    ],
)
def test_values_out_of_range(prediction, label, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(np.array(prediction), np.array(label), 2)


def test_what_is_ignored_may_be_predicted_as_anything():
    assert confusion_matrix(np.array([99, 1]), np.array([255, 1]), 2).tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize(
    ("source", "adapted", "target", "expected"),
    [
        (50, 50, 90, 0),
        (50, 90, 90, 100),
        (50, 70, 90, 50),
        (50, 40, 90, -25),
        (50, 100, 90, 125),
        (90, 95, 90, math.nan),
        (91, 95, 90, math.nan),
    ],
)
def test_nam(source, adapted, target, expected):
    assert nam(source, adapted, target) == pytest.approx(expected, nan_ok=True)
