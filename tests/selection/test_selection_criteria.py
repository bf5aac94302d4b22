"""Each criterion against a slow, obvious computation, and its range."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmda.selection.criteria import CRITERIA, source_validation
from mmda.selection.ensemble import combined_rank, ensemble_agreement
from mmda.selection.statistics import Statistics, agreement, shares

PIXELS, CLASSES = 60, 3
VIEWS = ("flip", "scale", "radiometry")


def random_statistics(seed: int) -> Statistics:
    """Return the statistics of a model that predicts at random, with some certain pixels."""
    rng = np.random.default_rng(seed)
    samples = rng.dirichlet([0.5] * CLASSES, PIXELS).astype(np.float32)
    samples[:3] = np.eye(CLASSES)
    counts = np.bincount(samples.argmax(1), minlength=CLASSES)
    views = {name: rng.integers(1, 50, (CLASSES, CLASSES)) for name in VIEWS}
    return Statistics(samples, counts, views, rng.integers(1, 50, (CLASSES, CLASSES)))


def one_class_statistics(source: np.ndarray | None = None) -> Statistics:
    """Return the statistics of a model that is sure of class 0 everywhere."""
    samples = np.tile(np.eye(CLASSES, dtype=np.float32)[0], (PIXELS, 1))
    only = np.zeros((CLASSES, CLASSES), np.int64)
    only[0, 0] = PIXELS
    return Statistics(samples, only[0], dict.fromkeys(VIEWS, only), source)


def entropy_of(row: np.ndarray) -> float:
    return -sum(float(p) * math.log(float(p)) for p in row if p > 0)


def slow_entropy(s: Statistics) -> float:
    return -sum(map(entropy_of, s.samples)) / PIXELS / math.log(CLASSES)


def slow_information(s: Statistics) -> float:
    mean = [sum(float(row[c]) for row in s.samples) / PIXELS for c in range(CLASSES)]
    return entropy_of(mean) - sum(map(entropy_of, s.samples)) / PIXELS


def slow_density(s: Statistics) -> float:
    total = 0.0
    for i, one in enumerate(s.samples):
        logits = [
            float(one @ other) / float(np.linalg.norm(one) * np.linalg.norm(other)) / 0.05
            for j, other in enumerate(s.samples)
            if j != i
        ]
        weights = np.exp(np.array(logits) - max(logits))
        total += entropy_of(weights / weights.sum())
    return total / PIXELS / math.log(PIXELS - 1)


def slow_nuclear_norm(s: Statistics) -> float:
    values = np.linalg.svd(s.samples.astype(float), compute_uv=False)
    return values.sum() / math.sqrt(PIXELS * CLASSES)


def slow_agreement(matrix: np.ndarray) -> float:
    one, other = [], []
    for row in range(len(matrix)):
        for column in range(len(matrix)):
            one += [row] * int(matrix[row, column])
            other += [column] * int(matrix[row, column])
    total = 0.0
    for c in range(len(matrix)):
        both = sum(a == b == c for a, b in zip(one, other, strict=True))
        either = sum(c in (a, b) for a, b in zip(one, other, strict=True))
        total += both / either if either else 0.0
    return total / len(matrix)


def slow_consistency(s: Statistics) -> float:
    return sum(slow_agreement(s.views[name]) for name in VIEWS) / len(VIEWS)


def slow_class_shares(s: Statistics) -> float:
    labelled = [sum(s.source[c]) / s.source.sum() for c in range(CLASSES)]
    predicted = [s.counts[c] / sum(s.counts) for c in range(CLASSES)]
    return -sum(abs(a - b) for a, b in zip(labelled, predicted, strict=True)) / 2


ORACLES = {
    "entropy": slow_entropy,
    "information": slow_information,
    "density": slow_density,
    "nuclear_norm": slow_nuclear_norm,
    "consistency": slow_consistency,
    "class_shares": slow_class_shares,
    **{f"consistency_{n}": (lambda s, n=n: slow_agreement(s.views[n])) for n in VIEWS},
}
RANGES = {
    "entropy": (-1, 0),
    "information": (0, math.log(CLASSES)),
    "class_shares": (-1, 0),
}


def test_every_criterion_has_an_oracle():
    assert set(CRITERIA) == set(ORACLES)
    assert all(function.__doc__ for function in CRITERIA.values())


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_criterion_equals_the_slow_computation(name, seed):
    statistics = random_statistics(seed)
    value = CRITERIA[name](statistics)
    assert value == pytest.approx(ORACLES[name](statistics), abs=1e-5)
    low, high = RANGES.get(name, (0, 1))
    assert low <= value <= high


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("entropy", 0.0),
        ("information", 0.0),
        ("density", 1.0),
        ("nuclear_norm", 1 / math.sqrt(CLASSES)),
        ("consistency", 1 / CLASSES),
    ],
)
def test_what_one_class_everywhere_is_worth(name, value):
    assert CRITERIA[name](one_class_statistics()) == pytest.approx(value, abs=1e-6)


def test_without_a_labelled_source_two_criteria_have_no_value():
    statistics = one_class_statistics()
    assert math.isnan(CRITERIA["class_shares"](statistics))
    assert math.isnan(source_validation(statistics))


def test_density_compares_a_bounded_number_of_pixels_in_blocks(monkeypatch):
    statistics = random_statistics(3)
    whole = CRITERIA["density"](statistics)
    monkeypatch.setattr("mmda.selection.criteria.ROWS", 7)
    assert CRITERIA["density"](statistics) == pytest.approx(whole)
    monkeypatch.setattr("mmda.selection.criteria.NEIGHBOURS", 20)
    spread = np.linspace(0, PIXELS - 1, 20).round().astype(int)
    few = Statistics(statistics.samples[spread], statistics.counts, statistics.views)
    assert CRITERIA["density"](statistics) == pytest.approx(CRITERIA["density"](few))


def test_agreement_of_maps_without_a_common_pixel_and_of_equal_ones():
    assert agreement(np.array([[0, 4], [3, 0]])) == 0
    assert agreement(np.array([[4, 0], [0, 3]])) == 1


def test_source_validation_is_the_mean_iou():
    matrix = np.array([[8, 2], [1, 9]])
    statistics = Statistics(np.zeros((1, 2)), np.array([1, 1]), {}, matrix)
    assert source_validation(statistics) == pytest.approx(100 * (8 / 11 + 9 / 12) / 2)


def test_ensemble_agreement_equals_the_slow_computation():
    models = [random_statistics(seed) for seed in range(4)]
    values = ensemble_agreement([lambda model=model: model for model in models])
    votes = [
        max(range(CLASSES), key=lambda c: sum(float(m.samples[i, c]) for m in models))
        for i in range(PIXELS)
    ]
    for model, value in zip(models, values, strict=True):
        matrix = np.zeros((CLASSES, CLASSES), int)
        for vote, row in zip(votes, model.samples, strict=True):
            matrix[vote, row.argmax()] += 1
        assert value == pytest.approx(slow_agreement(matrix))
    assert ensemble_agreement([]) == []


def test_ranks_are_weighted_and_ties_shared():
    values = {"a": [1.0, 2.0, 2.0, 0.0], "b": [5.0, 6.0, 7.0, 8.0], "c": [1, math.nan, 2, 3]}
    third = [1 / 3, 2.5 / 3, 2.5 / 3, 0]
    assert combined_rank(values, {"a": 1}) == pytest.approx(third)
    both = [(3 * x + y / 3) / 4 for x, y in zip(third, range(4), strict=True)]
    assert combined_rank(values, {"a": 3, "b": 1, "c": 9}) == pytest.approx(both)
    assert combined_rank({"a": [4.0]}, {"a": 1}) == [0.0]
    assert all(math.isnan(rank) for rank in combined_rank({"c": [math.nan]}, {"c": 1}))


def test_statistics_are_written_and_read(tmp_path):
    for statistics in (random_statistics(0), one_class_statistics()):
        statistics.save(tmp_path / "deep" / "one.npz")
        read = Statistics.load(tmp_path / "deep" / "one.npz")
        np.testing.assert_array_equal(read.samples, statistics.samples)
        np.testing.assert_array_equal(read.counts, statistics.counts)
        assert set(read.views) == set(VIEWS)
        for name in VIEWS:
            np.testing.assert_array_equal(read.views[name], statistics.views[name])
        assert (read.source is None) == (statistics.source is None)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["one.npz"]


def test_shares_of_nothing_are_unknown():
    assert shares(np.array([1, 3])).tolist() == [0.25, 0.75]
    assert np.isnan(shares(np.array([0, 0]))).all()
