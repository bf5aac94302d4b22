"""How far scores and NAM may be from those of other tiles of the kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mmda.evaluation.bootstrap import draws, interval
from mmda.evaluation.nam import nam
from mmda.reporting.roles import ADAPTED, SOURCE_ONLY, TARGET_ONLY

REPEATS, LEVEL = 1000, 0.95
LEAST_SCENES = 5  # with fewer, tiles are drawn


@dataclass(frozen=True)
class Intervals:
    """Intervals of scores.

    Attributes:
        miou: Lower and upper end of the mean IoU in percent, by run.
        nam: That of NAM; ``None`` without the three runs that it needs.
        drawn: What was drawn anew: ``scenes`` or ``tiles``.
        count: How many of these there are.
    """

    miou: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    nam: tuple[float, float] | None = None
    drawn: str = "tiles"
    count: int = 0


def bootstrap(matrices: Mapping[str, np.ndarray], scenes: Sequence[str], seed: int) -> Intervals:
    """Return percentile intervals over scenes drawn anew, or tiles where there are few scenes.

    All runs are scored on the same draws, so that the interval of NAM is that of the ratio.

    Args:
        matrices: Pixels by (label, prediction) of every tile, (T, C, C), by run.
        scenes: The scene of every tile, (T,).
        seed: Of the draws.
    """
    names, places = np.unique(np.asarray(scenes), return_inverse=True)
    drawn = "scenes" if len(names) >= LEAST_SCENES else "tiles"
    units = places if drawn == "scenes" else np.arange(len(scenes))
    count = int(units.max()) + 1
    if count < 2:
        return Intervals()
    weights = draws(count, REPEATS, seed).astype(float)
    scores = {run: _mious(weights, one, units) for run, one in matrices.items()}
    ends = {run: _ends(values) for run, values in scores.items()}
    gains = None
    if {SOURCE_ONLY, ADAPTED, TARGET_ONLY} <= set(scores):
        trio = zip(*(scores[r] for r in (SOURCE_ONLY, ADAPTED, TARGET_ONLY)), strict=True)
        values = np.array([nam(*three) for three in trio])
        gains = _ends(values) if np.isfinite(values).any() else None
    return Intervals(ends, gains, drawn, count)


def _mious(weights: np.ndarray, matrices: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return the mean IoU in percent of every draw, (repeats,)."""
    summed = np.zeros((weights.shape[1], *matrices.shape[1:]))
    np.add.at(summed, units, matrices)
    totals = np.tensordot(weights, summed, 1)
    hits = np.diagonal(totals, axis1=1, axis2=2)
    union = totals.sum(1) + totals.sum(2) - hits
    shares = np.divide(hits, union, out=np.full_like(hits, np.nan), where=union > 0)
    return 100 * np.nanmean(shares, axis=1)


def _ends(values: np.ndarray) -> tuple[float, float]:
    low, high = interval(values, LEVEL)
    return float(low), float(high)
