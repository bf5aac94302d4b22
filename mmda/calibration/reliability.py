"""How far predicted probabilities are from frequencies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Confidence and accuracy of predictions, in ``BINS`` bins of equal width by confidence.

    Attributes:
        counts: Number of predictions per bin, (BINS,).
        confidence: Mean confidence of each bin, that is, of the largest probability; NaN where
            there is none.
        accuracy: Share of right predictions of each bin; NaN where there is none.
    """

    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @classmethod
    def of(cls, logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> Reliability:
        """Return the reliability of predictions.

        Args:
            logits: (P, C).
            labels: Class ids, (P,).
            temperature: What the logits are divided by.
        """
        p = softmax(np.asarray(logits, np.float64) / temperature, axis=1)
        confidence = p.max(1)
        right = p.argmax(1) == labels
        bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
        counts = np.bincount(bins, minlength=BINS)
        some = np.where(counts > 0, counts, np.nan)
        sums = (np.bincount(bins, values, BINS) for values in (confidence, right))
        return cls(counts, *(total / some for total in sums))

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean of ``|accuracy - confidence|`` over predictions.

        Guo et al., ICML 2017, eq. 3, with 15 bins ``(low, high]``. Range: 0 to 1.
        """
        gaps = np.abs(self.accuracy - self.confidence)
        return float(np.nansum(gaps * self.counts) / self.counts.sum())
