"""Picking diverse, uncertain tiles: a greedy k-center, weighted by uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pick(
    features: np.ndarray, weights: np.ndarray, count: int, taken: Sequence[int] = ()
) -> list[tuple[int, float]]:
    """Pick tiles that the model is unsure of and that differ from each other.

    Tile after tile, the one of the highest ``score_i = w_i min_j |f_i - f_j|`` is picked, where j
    are the tiles picked before and those taken. That is the greedy k-center of Sener and Savarese,
    "Active Learning for Convolutional Neural Networks: A Core-Set Approach", ICLR 2018, Algorithm
    1, with distances weighted by the uncertainty w. As long as there is no tile to differ from, the
    distance is 1. Nothing is random: of equal scores the higher weight is picked, then the first.

    Args:
        features: Standardised features f, (N, D).
        weights: Uncertainty w of each tile, (N,), 0 or more.
        count: Number of tiles to pick; all others where there are fewer.
        taken: Indices of tiles that are labelled already; they are not picked.

    Returns:
        Index and score of each tile, in the order in which they are picked.
    """
    nearest = np.full(len(features), np.inf)
    for index in taken:
        np.minimum(nearest, _distances(features, index), out=nearest)
    free = np.ones(len(features), bool)
    free[list(taken)] = False
    picked: list[tuple[int, float]] = []
    while len(picked) < count and free.any():
        scores = weights * np.where(np.isinf(nearest), 1.0, nearest)
        best = max(np.flatnonzero(free).tolist(), key=lambda i: (scores[i], weights[i]))
        picked.append((best, float(scores[best])))
        free[best] = False
        np.minimum(nearest, _distances(features, best), out=nearest)
    return picked


def standardised(features: np.ndarray) -> np.ndarray:
    """Return features (N, D) with mean 0 and deviation 1 in each column, divided by sqrt(2 D).

    So the root mean square of the distance between two tiles is 1 or, where columns are constant,
    less. A constant column becomes 0.
    """
    centred = features.astype(np.float64) - features.mean(0, dtype=np.float64)
    deviation = np.sqrt(np.mean(centred**2, axis=0))
    flat = deviation <= 1e-6 * np.abs(features).max(0, initial=0)
    scaled = centred / np.where(flat, np.inf, deviation)
    return scaled / np.sqrt(2 * max(features.shape[1], 1))


def _distances(features: np.ndarray, index: int) -> np.ndarray:
    return np.linalg.norm(features - features[index], axis=1)
