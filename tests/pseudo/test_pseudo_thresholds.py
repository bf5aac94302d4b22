"""Thresholds from histograms against numpy on the values themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmda.errors import ConfigError
from mmda.pseudo.counts import LabelCounts, confidence_histograms, keep
from mmda.pseudo.store import Prediction
from mmda.pseudo.thresholds import BINS, ThresholdRule, histogram_quantile, threshold_bins

confidences = arrays(np.float32, st.integers(1, 60), elements=st.floats(0, 1, width=32))


def counted(values: np.ndarray) -> np.ndarray:
    bins = np.minimum((values * np.float32(BINS)).astype(int), BINS - 1)
    return np.bincount(bins, minlength=BINS)


@given(confidences, st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_quantiles_are_those_of_numpy_within_a_bin(values, quantile):
    exact = np.quantile(values.astype(np.float64), quantile)
    assert abs(histogram_quantile(counted(values), quantile) - exact) <= 1 / BINS


@given(confidences)
@settings(max_examples=200, deadline=None)
def test_median_rule_is_the_median_or_at_most_the_cap(values):
    histograms = np.stack([counted(values), np.zeros(BINS, int)])
    found = ThresholdRule.parse("median").thresholds(histograms)
    assert abs(found[0] - min(0.9, np.median(values.astype(np.float64)))) <= 1 / BINS
    assert found[0] <= 0.9
    assert found[1] == 0.9  # never predicted


def test_two_distant_middles_have_their_mean_as_median():
    assert histogram_quantile(counted(np.float32([0.2, 0.8])), 0.5) == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("portion", [0.01, 0.2, 0.5, 1.0])
def test_portion_keeps_that_share_of_every_class(portion):
    rng = np.random.default_rng(0)
    values = [rng.beta(8, 2, 20_000), 0.3 + 0.3 * rng.random(5_000)]
    histograms = np.stack([counted(v.astype(np.float32)) for v in values])
    lowest = threshold_bins(ThresholdRule.parse(f"portion:{portion}").thresholds(histograms))
    for counts, low in zip(histograms, lowest, strict=True):
        share = counts[low:].sum() / counts.sum()
        assert portion <= share <= portion + 0.002


@pytest.mark.parametrize("value", [0.9, 0.29, 0.5, 0.0, 0.1234, 1.0])
def test_fixed_threshold_keeps_what_reaches_it(value):
    (threshold,) = ThresholdRule.parse(f"fixed:{value}").thresholds(np.zeros((1, BINS), int))
    assert threshold == value
    edges = np.arange(BINS) / BINS
    low = threshold_bins(np.array([threshold]))[0]
    assert edges[low] == pytest.approx(min(value, edges[-1]), abs=1e-12)


@pytest.mark.parametrize(
    "text", ["mean", "fixed", "fixed:", "fixed:2", "portion:0", "portion:x", "median:-1", ""]
)
def test_unknown_rules_are_refused(text):
    with pytest.raises(ConfigError, match="Unknown thresholds `"):
        ThresholdRule.parse(text)


def test_a_slip_is_recognised():
    with pytest.raises(ConfigError, match=r"Did you mean `portion`\?"):
        ThresholdRule.parse("portoin:0.2")


def test_the_rule_is_written_as_it_is_read():
    for text in ("median:0.9", "fixed:0.75", "portion:0.2"):
        assert str(ThresholdRule.parse(text)) == text
    assert str(ThresholdRule.parse("median")) == "median:0.9"


def prediction() -> Prediction:
    rng = np.random.default_rng(1)
    label = rng.integers(0, 3, (8, 9)).astype(np.uint8)
    label[0] = 255
    return Prediction("t", label, rng.integers(3000, BINS, (8, 9)).astype(np.uint16))


def test_kept_and_counted_pixels_against_a_loop():
    one, lowest = prediction(), np.array([5000, 9000, BINS - 1])
    truth = np.random.default_rng(2).integers(0, 3, (8, 9)).astype(np.uint8)
    truth[:, 0] = 255
    label, histograms = keep(one, lowest), confidence_histograms(one, 3)
    counts = LabelCounts.zeros(3)
    counts.add(one.label, label, truth)
    expected = LabelCounts.zeros(3)
    for p, b, t, got in zip(one.label.flat, one.bins.flat, truth.flat, label.flat, strict=True):
        if p == 255:
            expected.empty += 1
            assert got == 255
            continue
        histograms[p, b] -= 1
        kept = b >= lowest[p]
        assert got == (p if kept else 255)
        expected.predicted[p] += 1
        expected.kept[p] += kept
        expected.judged[:, p] += (t != 255) * np.array([1, kept])
        expected.right[:, p] += (t == p) * np.array([1, kept])
    assert not histograms.any()
    for name, value in vars(expected).items():
        np.testing.assert_array_equal(getattr(counts, name), value, err_msg=name)
    assert 0 < counts.kept.sum() < counts.predicted.sum()
