"""How much a source tile counts for the target: importance weights from pooled features."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import log_expit
from sklearn.linear_model import LogisticRegression

FOLDS = 5
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Inverse regularisations C that are tried."""


def importance_weights(
    source: np.ndarray, target: np.ndarray, tiles: np.ndarray, limit: float
) -> np.ndarray:
    """Return the ratio of the target's density to the source's at tiles.

    A logistic regression tells target from source features, both domains counting alike; the odds
    ``p(target | f) / p(source | f)`` are the ratio (Bickel et al., "Discriminative Learning Under
    Covariate Shift", JMLR 2009; Park et al., AISTATS 2020, section 4; Wang et al., "Transferable
    Calibration with Lower Bias and Variance in Domain Adaptation", NeurIPS 2020, eq. 5). Its
    regularisation is the one of the least loss in cross-validation, as with more features than
    tiles any two domains can be told apart. Ratios are clipped, which bounds their variance: where
    no source tile is like the target, all weigh the same.

    Args:
        source: Features of source tiles, (N, D), other ones than ``tiles``.
        target: Features of target tiles, (M, D).
        tiles: Features of the source tiles to weigh, (K, D).
        limit: Largest ratio, 1 or more; the smallest is its inverse.

    Returns:
        (K,), of mean 1; all 1 where a domain has too few tiles to tell, that is, fewer than 2.
    """
    if min(len(source), len(target)) < 2:
        return np.ones(len(tiles))
    both = np.concatenate([source, target]).astype(np.float64)
    mean, deviation = both.mean(0), both.std(0)
    scale = np.where(deviation > 1e-6 * np.abs(both).max(0), deviation, np.inf)
    scaled = (both - mean) / scale
    labels = np.repeat([0, 1], [len(source), len(target)])
    losses = [_validated(scaled, labels, strength) for strength in STRENGTHS]
    model = _fitted(scaled, labels, STRENGTHS[int(np.argmin(losses))])
    odds = model.decision_function((tiles - mean) / scale)
    ratios = np.exp(np.clip(odds, -np.log(limit), np.log(limit)))
    return ratios / ratios.mean()


def effective_count(weights: np.ndarray) -> float:
    """Return how many tiles of equal weight tell as much: ``(sum w)^2 / sum w^2``."""
    return float(weights.sum() ** 2 / np.square(weights).sum())


def _fitted(features: np.ndarray, labels: np.ndarray, strength: float) -> LogisticRegression:
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000, tol=1e-6)
    return model.fit(features, labels)


def _validated(features: np.ndarray, labels: np.ndarray, strength: float) -> float:
    """Return the mean loss of each domain's held-out tiles, summed over both domains."""
    losses = np.zeros(len(labels))
    for held in _folds(labels):
        odds = _fitted(features[~held], labels[~held], strength).decision_function(features[held])
        losses[held] = -log_expit(np.where(labels[held] == 1, odds, -odds))
    return float(losses[labels == 0].mean() + losses[labels == 1].mean())


def _folds(labels: np.ndarray) -> Iterator[np.ndarray]:
    """Yield which tiles are held out, (N,) bool: a run of each domain's, so that scenes stay whole.

    Tiles are sorted by scene, and neighbours are alike.
    """
    counts = np.bincount(labels)
    folds = min(FOLDS, int(counts.min()))
    place = np.concatenate([np.arange(count) * folds // count for count in counts])
    for fold in range(folds):
        yield place == fold
