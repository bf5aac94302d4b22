"""The greedy pick against a slow, obvious one, and what it must do on clear cases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmda.suggestion.picking import pick, standardised


def slow_pick(features, weights, count, taken) -> list[tuple[int, float]]:
    centres, picked = list(taken), []
    while len(picked) < count and len(centres) < len(features):
        best, best_key = -1, (-1.0, -1.0)
        for i, one in enumerate(features):
            if i in centres:
                continue
            distances = [math.dist(one.tolist(), features[j].tolist()) for j in centres]
            key = (float(weights[i]) * min(distances, default=1.0), float(weights[i]))
            if key > best_key:
                best, best_key = i, key
        picked.append((best, best_key[0]))
        centres.append(best)
    return picked


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("taken", [(), (3,), (0, 7, 11)])
def test_equals_the_slow_pick(seed, taken):
    rng = np.random.default_rng(seed)
    features, weights = rng.normal(size=(12, 3)), rng.random(12)
    features[5] = features[6]
    for count in (1, 6, 99):
        found, expected = (f(features, weights, count, taken) for f in (pick, slow_pick))
        assert [index for index, _ in found] == [index for index, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-9)
        assert len(found) == min(count, 12 - len(taken))


def test_both_groups_are_picked_from_before_one_of_them_twice():
    features = np.array([[0.0], [0.01], [0.02], [5.0], [5.01]])
    weights = np.array([0.9, 0.8, 0.7, 0.5, 0.4])
    assert [index for index, _ in pick(features, weights, 2)] == [0, 3]
    assert pick(features, weights, 1) == [(0, 0.9)]
    assert pick(features, weights, 1, taken=[1])[0][0] == 3


def test_of_tiles_that_are_alike_the_less_certain_come_first():
    same = np.zeros((4, 2))
    assert [i for i, _ in pick(same, np.array([0.1, 0.4, 0.3, 0.4]), 4)] == [1, 3, 2, 0]
    certain = np.zeros(4)
    assert [i for i, _ in pick(np.eye(4), certain, 3)] == [0, 1, 2]


def test_every_feature_counts_alike():
    rng = np.random.default_rng(0)
    raw = rng.normal([5, 1e4, 3], [1e-3, 1e3, 1], (200, 3)).astype(np.float32)
    raw[:, 2] = 7.3
    found = standardised(raw)
    assert (found[:, 2] == 0).all()
    assert found[:, :2].mean(0) == pytest.approx([0, 0], abs=1e-3)
    assert found[:, :2].std(0) == pytest.approx([1 / math.sqrt(6)] * 2, rel=1e-3)
    distances = np.linalg.norm(found[:100, :2] - found[100:, :2], axis=1)
    assert math.sqrt(np.mean(distances**2)) == pytest.approx(math.sqrt(2 / 3), rel=0.15)
