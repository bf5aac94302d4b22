"""How far a score may be from that of other scenes of the same kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def bootstrap_interval(
    parts: NDArray[np.generic],
    score: Callable[[NDArray[np.generic]], float],
    level: float = 0.95,
    repeats: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the percentile interval of a score over scenes drawn anew with replacement.

    Args:
        parts: What each scene adds to the counts, (S, ...), such as confusion matrices.
        score: From the sum of counts to a score.
        level: Share of the drawn scores inside the interval, in (0, 1).
        repeats: Number of draws.
        seed: Seed of the draws.

    Returns:
        Lower and upper end; NaN with less than two scenes, which tell nothing of others.
    """
    if len(parts) < 2:
        return float("nan"), float("nan")
    generator = np.random.default_rng(seed)
    found = [
        score(parts[generator.integers(len(parts), size=len(parts))].sum(0)) for _ in range(repeats)
    ]
    tail = 50 * (1 - level)
    low, high = np.nanpercentile(np.array(found, float), (tail, 100 - tail))
    return float(low), float(high)
