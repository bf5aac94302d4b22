"""The temperature against a slow search, and where the true one is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import softmax

from mmda.calibration.temperature import RANGE, fit_temperature
from mmda.errors import DataError


def slow_loss(logits, labels, weights, temperature: float) -> float:
    total = 0.0
    for row, label, weight in zip(logits, labels, weights, strict=True):
        scaled = [float(z) / temperature for z in row]
        total += weight * (math.log(sum(math.exp(z) for z in scaled)) - scaled[label])
    return total / sum(weights)


@pytest.mark.parametrize("seed", range(3))
def test_no_other_temperature_has_a_smaller_loss(seed):
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, 2, (30, 3)), rng.integers(0, 3, 30)
    labels[:20] = logits[:20].argmax(1)
    weights = rng.uniform(0.1, 10, 30)
    best = fit_temperature(logits.astype(np.float32), labels, weights)
    loss = slow_loss(logits, labels, weights, best)
    others = [RANGE[0] * (RANGE[1] / RANGE[0]) ** (step / 200) for step in range(201)]
    assert loss <= min(slow_loss(logits, labels, weights, t) for t in others) + 1e-7
    near = [slow_loss(logits, labels, weights, best * factor) for factor in (0.995, 1.005)]
    assert loss < min(near)


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_that_labels_were_drawn_with_is_found(true):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (40_000, 4))
    chances = softmax(logits / true, axis=1).cumsum(1)
    labels = (rng.random((len(logits), 1)) > chances).sum(1)
    assert fit_temperature(logits, labels, np.ones(len(logits))) == pytest.approx(true, rel=0.04)


def test_tiles_of_weight_do_decide():
    logits = np.tile([[4.0, 0.0]], (200, 1))
    labels = np.concatenate([np.arange(100) >= 88, np.arange(100) >= 60]).astype(int)
    likes = np.repeat([1.0, 0.0], 100)
    for weights, right in ((likes, 0.88), (1 - likes, 0.6), (likes + 1, (2 * 0.88 + 0.6) / 3)):
        found = fit_temperature(logits, labels, weights)
        assert 1 / (1 + math.exp(-4 / found)) == pytest.approx(right, abs=1e-4)


@pytest.mark.parametrize("right", [True, False])
def test_labels_that_tell_nothing_are_refused(right):
    logits = np.random.default_rng(1).normal(size=(50, 2))
    labels = logits.argmax(1) if right else logits.argmin(1)
    share = "100.0" if right else "0.0"
    with pytest.raises(DataError, match=f"right for {share} % of the labelled pixels"):
        fit_temperature(logits, labels, np.ones(50))
