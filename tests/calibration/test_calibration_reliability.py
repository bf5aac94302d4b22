"""The calibration error against a slow count, and its diagram."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmda.calibration.figure import check_figure, reliability_figure, write_figure
from mmda.calibration.reliability import Reliability
from mmda.errors import ConfigError


def slow_ece(logits, labels, temperature: float) -> float:
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(15)]
    for row, label in zip(logits, labels, strict=True):
        powers = [math.exp(float(z) / temperature) for z in row]
        confidence = max(powers) / sum(powers)
        place = next(m for m in range(15) if confidence <= (m + 1) / 15 or m == 14)
        bins[place].append((confidence, powers.index(max(powers)) == label))
    total = 0.0
    for members in filter(None, bins):
        confidence = sum(c for c, _ in members) / len(members)
        accuracy = sum(right for _, right in members) / len(members)
        total += len(members) / len(labels) * abs(accuracy - confidence)
    return total


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_equals_the_slow_count(classes, temperature):
    rng = np.random.default_rng(classes)
    logits, labels = rng.normal(0, 2, (400, classes)), rng.integers(0, classes, 400)
    labels[:250] = logits[:250].argmax(1)
    found = Reliability.of(logits.astype(np.float32), labels, temperature)
    assert found.ece == pytest.approx(slow_ece(logits, labels, temperature), abs=1e-6)
    assert found.counts.sum() == 400 and len(found.counts) == 15


def test_what_is_sure_and_half_right_is_off_by_a_half():
    logits = np.array([[50.0, 0.0]] * 10)
    found = Reliability.of(logits, np.arange(10) % 2)
    assert found.ece == pytest.approx(0.5)
    assert (found.counts[-1], found.accuracy[-1]) == (10, 0.5)
    assert np.isnan(found.confidence[:-1]).all()


def test_the_diagram_shows_all_tiles_before_and_after(tmp_path):
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, 3, (300, 2)), rng.integers(0, 2, 300)
    pair = (Reliability.of(logits, labels), Reliability.of(logits, labels, 5.0))
    pairs = {"source, val": pair, "target, test": pair}
    upper = reliability_figure(pairs).axes[:2]
    assert [axes.get_title() for axes in upper] == list(pairs)
    legend = [text.get_text() for text in upper[0].get_legend().get_texts()]
    before, after = (100 * one.ece for one in pair)
    assert legend == [f"before: ECE {before:.1f} %", f"after: ECE {after:.1f} %"]
    np.testing.assert_allclose(
        upper[0].lines[1].get_xydata()[-1], [pair[0].confidence[-1], pair[0].accuracy[-1]]
    )
    write_figure(pairs, tmp_path / "deep" / "r.svg")
    assert "<svg" in (tmp_path / "deep" / "r.svg").read_text()
    with pytest.raises(ConfigError, match=r"must end in one of \.png"):
        check_figure(tmp_path / "r.txt")
