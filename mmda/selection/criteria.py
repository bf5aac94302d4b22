"""Criteria of a single model, computed without target labels. Of all, higher is better.

Each is a function of :class:`~mmda.selection.statistics.Statistics`. In the formulas, p are the
probabilities (P, C) of P sampled pixels, and H(p) = - sum_c p_c log p_c.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmda.evaluation import scores
from mmda.selection.statistics import Statistics, agreement, shares

Criterion = Callable[[Statistics], float]
CRITERIA: dict[str, Criterion] = {}
"""All criteria of a single model, by name. A value of NaN says that one cannot be computed."""

TEMPERATURE = 0.05  # of the soft neighbourhood density, as published
NEIGHBOURS = 4096  # pixels that are compared with each other
ROWS = 512  # of their similarities, computed at a time


def criterion(name: str) -> Callable[[Criterion], Criterion]:
    """Register a criterion under a name."""

    def register(function: Criterion) -> Criterion:
        CRITERIA[name] = function
        return function

    return register


@criterion("entropy")
def negative_entropy(statistics: Statistics) -> float:
    """Return ``-mean H(p) / log C``: how sure the model is.

    Source: Morerio et al., "Minimal-Entropy Correlation Alignment", ICLR 2018. Range: -1 to 0.
    A model that is sure of one class everywhere has the best value.
    """
    return -float(_entropy(statistics.samples).mean()) / np.log(statistics.num_classes)


@criterion("information")
def information_maximisation(statistics: Statistics) -> float:
    """Return ``H(mean p) - mean H(p)``: sure of each pixel, and of many classes.

    Source: Bridle et al., "Unsupervised Classifiers, Mutual Information and 'Phantom Targets'",
    NeurIPS 1991; used as a loss by Liang et al. (SHOT), ICML 2020, eq. 5. Range: 0 to log C.
    """
    samples = statistics.samples
    mean = samples.mean(0, dtype=np.float64)
    return float(_entropy(mean[None])[0] - _entropy(samples).mean())


@criterion("density")
def soft_neighbourhood_density(statistics: Statistics) -> float:
    """Return how many neighbours a pixel has among the others, by their probabilities.

    The mean entropy of the rows of softmax(S / 0.05), where S are the cosine similarities of the
    pixels' probabilities without the diagonal, divided by its largest value, log(P - 1).
    At most 4096 of the pixels, evenly spaced, are compared.

    Source: Saito et al., "Tune it the Right Way: Unsupervised Validation of Domain Adaptation via
    Soft Neighborhood Density", ICCV 2021, eq. 2 to 4. Range: 0 to 1. A model that predicts the same
    everywhere has the best value.
    """
    samples = statistics.samples[_spread(len(statistics.samples), NEIGHBOURS)]
    if len(samples) < 3:
        return float("nan")
    unit = samples / np.linalg.norm(samples, axis=1, keepdims=True)
    total = 0.0
    for start in range(0, len(unit), ROWS):
        logits = (unit[start : start + ROWS] @ unit.T - 1) / TEMPERATURE
        index = np.arange(len(logits))
        logits[index, start + index] = -np.inf
        weights = np.exp(logits)
        weights /= weights.sum(1, keepdims=True)
        total += float(_entropy(weights).sum())
    return total / len(unit) / np.log(len(unit) - 1)


@criterion("nuclear_norm")
def batch_nuclear_norm(statistics: Statistics) -> float:
    """Return ``||p||_* / sqrt(P C)``: the sum of the singular values of p.

    Source: Cui et al., "Towards Discriminability and Diversity: Batch Nuclear-norm Maximization
    under Label Insufficient Situations", CVPR 2020, eq. 9. Range: 0 to 1; 1 where the model is sure
    and predicts all classes equally often.
    """
    samples = statistics.samples
    gram = np.einsum("pc,pd->cd", samples, samples, dtype=np.float64, optimize=True)
    norm = np.sqrt(np.clip(np.linalg.eigvalsh(gram), 0, None)).sum()
    return float(norm / np.sqrt(samples.size))


@criterion("consistency")
def consistency(statistics: Statistics) -> float:
    """Return the mean over all views of the agreement with the prediction for the plain tile.

    The agreement is the mean IoU of the two maps, in which a class that neither has counts as 0.

    Source: equivariance as in Melas-Kyriazi and Manrai, "PixMatch: Unsupervised Domain Adaptation
    via Pixelwise Consistency Training", CVPR 2021, as a measure. Range: 0 to 1; 1 / C at most for a
    model that predicts one class everywhere.
    """
    return float(np.mean([agreement(matrix) for matrix in statistics.views.values()]))


def _of_view(name: str) -> Criterion:
    def one_consistency(statistics: Statistics) -> float:
        return agreement(statistics.views[name])

    one_consistency.__doc__ = f"""Return the part of the view `{name}` in :func:`consistency`."""
    return one_consistency


for _name in ("flip", "scale", "radiometry"):
    CRITERIA[f"consistency_{_name}"] = _of_view(_name)


@criterion("class_shares")
def class_share_distance(statistics: Statistics) -> float:
    """Return ``-1/2 sum_c |predicted share - source share|``: classes as frequent as in the source.

    It is a prior, and a wrong one where the domains differ. The source's shares are those of the
    labels of its validation tiles; NaN without them.

    Source: the total variation distance; Tsai et al. (2018) and others use such priors.
    Range: -1 to 0.
    """
    if statistics.source is None:
        return float("nan")
    difference = shares(statistics.counts) - shares(statistics.source.sum(1))
    return -float(np.abs(difference).sum() / 2)


def source_validation(statistics: Statistics) -> float:
    """Return the mean IoU (0 to 100) on the source's validation tiles; NaN without them.

    It is a guard rather than a criterion: what the target needs may cost a little of it.
    """
    return float("nan") if statistics.source is None else scores(statistics.source).miou


def _entropy(p: np.ndarray) -> np.ndarray:
    """Return the entropy in nats of each row, float64."""
    p = np.asarray(p, np.float64)
    return -(p * np.log(np.where(p > 0, p, 1))).sum(1)


def _spread(length: int, most: int) -> np.ndarray:
    """Return at most ``most`` indices, evenly spaced over ``length``."""
    return np.unique(np.linspace(0, max(length - 1, 0), min(length, most)).round().astype(int))
