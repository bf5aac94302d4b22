"""Precision and recall that forgive small distances, as roads ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class MatchCounts:
    """How much of a prediction and of the truth was found in the other; counts can be added.

    Attributes:
        right: Predicted items that are true.
        predicted: Predicted items.
        found: True items that are predicted.
        labelled: True items.
    """

    right: int = 0
    predicted: int = 0
    found: int = 0
    labelled: int = 0

    def __add__(self, other: MatchCounts) -> MatchCounts:
        return MatchCounts(
            self.right + other.right,
            self.predicted + other.predicted,
            self.found + other.found,
            self.labelled + other.labelled,
        )

    @property
    def precision(self) -> float:
        """Share of predicted items that are true, in percent; NaN where there are none."""
        return 100 * self.right / self.predicted if self.predicted else float("nan")

    @property
    def recall(self) -> float:
        """Share of true items that are predicted, in percent; NaN where there are none."""
        return 100 * self.found / self.labelled if self.labelled else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of both; NaN where there are neither, and 0 where only one has items."""
        if not self.predicted and not self.labelled:
            return float("nan")
        if not self.right or not self.found:
            return 0.0
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def relaxed_counts(prediction: Mask, label: Mask, radius: float, unknown: Mask) -> MatchCounts:
    """Count pixels that lie within a distance of the other mask (Mnih and Hinton, ECCV 2010).

    Precision is the share of predicted pixels within ``radius`` of a true one, recall that of true
    pixels within ``radius`` of a predicted one. Pixels that do not count are neither.

    Args:
        prediction: (H, W).
        label: (H, W).
        radius: In pixels, 0 or more; 3 as published.
        unknown: Pixels that do not count, (H, W).
    """
    one, other = prediction & ~unknown, label & ~unknown
    return MatchCounts(
        _within(one, other, radius),
        int(one.sum()),
        _within(other, one, radius),
        int(other.sum()),
    )


def _within(mask: Mask, other: Mask, radius: float) -> int:
    """Count pixels of ``mask`` at most ``radius`` from the nearest pixel of ``other``."""
    if not other.any():
        return 0
    return int((mask & (distance_transform_edt(~other) <= radius)).sum())
