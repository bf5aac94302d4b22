"""How far a score may be from that of other scenes of the same kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def draws(scenes: int, repeats: int, seed: int) -> NDArray[np.int64]:
    """Return how often each scene is drawn, (repeats, scenes): as many as there are, put back."""
    chosen = np.random.default_rng(seed).integers(scenes, size=(repeats, scenes))
    return np.stack([(chosen == scene).sum(1) for scene in range(scenes)], axis=1)


def interval(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Return the percentile interval of drawn scores.

    Args:
        values: (repeats, ...); NaN where a draw had nothing to score.
        level: Share of the scores inside the interval, in (0, 1).

    Returns:
        Lower and upper end, (2, ...); NaN where no draw had a score.
    """
    tail = 50 * (1 - level)
    known = np.isfinite(values).any(0)
    ends = np.full((2, *values.shape[1:]), np.nan)
    ends[:, known] = np.nanpercentile(values[:, known], (tail, 100 - tail), axis=0)
    return ends
