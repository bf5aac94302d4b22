"""Criteria that compare several models with each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.stats import rankdata

from mmda.evaluation import confusion_matrix
from mmda.selection.statistics import Statistics, agreement

Loader = Callable[[], Statistics]


def ensemble_agreement(models: Sequence[Loader]) -> list[float]:
    """Return how far each model agrees with the ensemble of all.

    The ensemble's class of a pixel is the arg-max of the mean probabilities of all models; the
    agreement is the mean IoU, in which a class that neither has counts as 0. Only one model's
    samples are in memory at a time.

    Source: Hu et al., "Towards Reliable Model Selection for Unsupervised Domain Adaptation: An
    Empirical Study and A Certified Baseline" (EnsV), NeurIPS 2024. Range: 0 to 1.

    Args:
        models: Functions that return the statistics of a model, of the same pixels for all.
    """
    total: np.ndarray | None = None
    for load in models:
        samples = load().samples.astype(np.float64)
        total = samples if total is None else total + samples
    if total is None:
        return []
    reference = total.argmax(1)
    return [_agreement_with(load().samples, reference) for load in models]


def _agreement_with(samples: np.ndarray, reference: np.ndarray) -> float:
    return agreement(confusion_matrix(samples.argmax(1), reference, samples.shape[1]))


def combined_rank(
    values: Mapping[str, Sequence[float]], weights: Mapping[str, float]
) -> list[float]:
    """Return the weighted mean of each model's ranks by several criteria.

    The rank of the best of n models is 1, of the worst 0; equal values share their mean rank. A
    criterion that has no value for one of the models is left out.

    Args:
        values: A value per model, by criterion; higher is better.
        weights: Weight of each criterion that counts.

    Returns:
        0 to 1 per model; NaN where no criterion has values.
    """
    total, weight = np.zeros(len(next(iter(values.values()), ()))), 0.0
    for name in weights:
        column = np.asarray(values.get(name, ()), float)
        if len(column) != len(total) or not np.isfinite(column).all():
            continue
        ranks = (rankdata(column) - 1) / max(len(column) - 1, 1)
        total, weight = total + weights[name] * ranks, weight + weights[name]
    return list(total / weight) if weight else [float("nan")] * len(total)
