"""Importance weights against a slow logistic regression, and where the densities are known."""

from __future__ import annotations

import numpy as np
import pytest

from mmda.calibration.weights import FOLDS, STRENGTHS, effective_count, importance_weights


def newton(features: np.ndarray, labels: np.ndarray, strength: float) -> np.ndarray:
    """Fit a balanced logistic regression, ``|w|^2 / 2 + C sum s_i loss_i``; return ``(w, b)``."""
    rows = np.hstack([features, np.ones((len(features), 1))])
    share = len(labels) / 2 / np.bincount(labels)[labels]
    penalty = np.diag([1.0] * features.shape[1] + [0.0])
    at = np.zeros(rows.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-rows @ at))
        slope = penalty @ at + strength * rows.T @ (share * (p - labels))
        curve = penalty + strength * (rows * (share * p * (1 - p))[:, None]).T @ rows
        at -= np.linalg.solve(curve, slope)
    return at


def slow_weights(source, target, tiles, limit) -> list[float]:
    both = np.concatenate([source, target])
    mean, deviation = both.mean(0), both.std(0)
    labels = np.array([0] * len(source) + [1] * len(target))
    z = (both - mean) / deviation
    folds = min(FOLDS, len(source), len(target))
    losses = []
    for strength in STRENGTHS:
        held_losses: list[list[float]] = [[], []]
        for fold in range(folds):
            held = [i * folds // len(source) == fold for i in range(len(source))] + [
                i * folds // len(target) == fold for i in range(len(target))
            ]
            at = newton(z[~np.array(held)], labels[~np.array(held)], strength)
            for i in np.flatnonzero(held):
                odds = float(z[i] @ at[:-1] + at[-1])
                sign = 1 if labels[i] else -1
                held_losses[labels[i]].append(float(np.log1p(np.exp(-sign * odds))))
        losses.append(sum(float(np.mean(one)) for one in held_losses))
    at = newton(z, labels, STRENGTHS[losses.index(min(losses))])
    ratios = [
        min(max(float(np.exp((f - mean) / deviation @ at[:-1] + at[-1])), 1 / limit), limit)
        for f in tiles
    ]
    return [ratio / (sum(ratios) / len(ratios)) for ratio in ratios]


@pytest.mark.parametrize(("counts", "seed"), [((9, 7), 0), ((4, 12), 1)])
def test_equals_the_slow_regression(counts, seed):
    rng = np.random.default_rng(seed)
    source, target = rng.normal(0, 1, (counts[0], 3)), rng.normal(0.7, 1.5, (counts[1], 3))
    tiles = rng.normal(0, 1, (6, 3))
    found = importance_weights(source, target, tiles, limit=2.0)
    assert found == pytest.approx(slow_weights(source, target, tiles, 2.0), rel=1e-3)


def test_the_ratio_of_known_densities_is_found():
    rng = np.random.default_rng(3)
    source, target = rng.normal(0, 1, (2000, 1)), rng.normal(1, 1, (1000, 1))
    tiles = np.linspace(-1, 2, 7)[:, None]
    true = np.exp(tiles[:, 0] - 0.5)
    found = importance_weights(source, target, tiles, limit=100)
    assert found == pytest.approx(true / true.mean(), rel=0.15)


def test_ratios_are_bounded_and_their_mean_is_1():
    rng = np.random.default_rng(4)
    source, target = rng.normal(0, 1, (50, 2)), rng.normal(2, 1, (50, 2))
    tiles = rng.normal(0, 1.5, (40, 2))
    found = importance_weights(source, target, tiles, limit=3)
    assert found.mean() == pytest.approx(1)
    assert found.max() / found.min() == pytest.approx(9)
    assert 1 < effective_count(found) < 40


def test_domains_that_cannot_be_told_or_are_far_apart_weigh_tiles_alike():
    same = np.ones((6, 4))
    assert importance_weights(same, same, same[:3], 10) == pytest.approx([1, 1, 1])
    rng = np.random.default_rng(5)
    near, far = rng.normal(0, 1, (60, 40)), rng.normal(30, 1, (60, 40))
    assert importance_weights(near[:50], far, near[50:], 10) == pytest.approx([1] * 10)
    assert importance_weights(near[:1], far, near[:4], 10) == pytest.approx([1] * 4)
    assert effective_count(np.ones(4)) == 4
