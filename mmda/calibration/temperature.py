"""One number by which logits are divided, so that probabilities become true frequencies."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from mmda.errors import DataError

RANGE = (0.05, 20.0)
"""Temperatures that are tried."""


def fit_temperature(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Return the temperature of the smallest weighted cross-entropy.

    ``T = argmin sum_i w_i (- log softmax(z_i / T)[y_i])``: temperature scaling (Guo et al., "On
    Calibration of Modern Neural Networks", ICML 2017, eq. 9), with the weights of importance
    sampling (Park et al., "Calibrated Prediction with Covariate Shift via Unsupervised Domain
    Adaptation", AISTATS 2020). The loss is convex in 1 / T, so there is one minimum. The class of
    the largest probability does not change.

    Args:
        logits: z, (P, C).
        labels: Class ids y, (P,).
        weights: w, (P,), 0 or more, and not all of them 0.

    Returns:
        T in ``RANGE``.

    Raises:
        DataError: When the best one lies beyond: the labels tell nothing of probabilities.
    """
    logits = np.asarray(logits, np.float64)
    shares = weights / weights.sum()
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        found = log_softmax(logits * math.exp(-log_temperature), axis=1)[rows, labels]
        return -float(shares @ found)

    low, high = map(math.log, RANGE)
    best = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    if min(loss(low), loss(high)) <= loss(best.x):
        right = 100 * float(shares @ (logits.argmax(1) == labels))
        raise DataError(
            f"No temperature from {RANGE[0]:g} to {RANGE[1]:g} calibrates the model: it is right "
            f"for {right:.1f} % of the labelled pixels, which tells nothing of how sure it should "
            "be. Give validation tiles on which it is right for most pixels, but not for all."
        )
    return math.exp(best.x)
