"""Counts of predicted and labelled pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmda.pseudo.store import Prediction
from mmda.pseudo.thresholds import BINS
from mmda.raster.decoding import IGNORE


def confidence_histograms(prediction: Prediction, num_classes: int) -> np.ndarray:
    """Count pixels by predicted class and bin of confidence, (C, BINS) int64."""
    seen = prediction.label != IGNORE
    place = prediction.label[seen].astype(np.int64) * BINS + prediction.bins[seen]
    return np.bincount(place, minlength=num_classes * BINS).reshape(num_classes, BINS)


def keep(prediction: Prediction, lowest: np.ndarray) -> np.ndarray:
    """Return the pseudo-label, (H, W) uint8: the prediction, or 255 where it is not kept.

    Args:
        prediction: The prediction for one tile.
        lowest: The lowest bin that is kept, for each class, (C,).
    """
    table = np.full(256, BINS, np.uint16)  # above all bins, so that IGNORE is never kept
    table[: len(lowest)] = lowest
    return np.where(prediction.bins >= table[prediction.label], prediction.label, IGNORE)


@dataclass
class LabelCounts:
    """Pixels per predicted class, each (C,) int64, and those without data.

    Attributes:
        predicted: All pixels.
        kept: The pixels whose prediction became a label.
        judged: The pixels with a true label among ``predicted`` and among ``kept``, ``(2, C)``.
        right: The pixels among ``judged`` whose true label is the class, ``(2, C)``.
        empty: Number of pixels without data.
    """

    predicted: np.ndarray
    kept: np.ndarray
    judged: np.ndarray
    right: np.ndarray
    empty: int = 0

    @classmethod
    def zeros(cls, num_classes: int) -> LabelCounts:
        """Return counts of 0."""
        one, two = np.zeros(num_classes, np.int64), np.zeros((2, num_classes), np.int64)
        return cls(one, one.copy(), two, two.copy())

    def add(self, predicted: np.ndarray, kept: np.ndarray, truth: np.ndarray | None) -> None:
        """Count one tile.

        Args:
            predicted: Arg-max, (H, W) uint8, 255 = no data.
            kept: Pseudo-label, (H, W) uint8, 255 = not kept.
            truth: True label, (H, W) uint8, 255 = unknown; None if the tile has none.
        """
        size = len(self.predicted)
        self.predicted += _per_class(predicted, size)
        self.kept += _per_class(kept, size)
        self.empty += int((predicted == IGNORE).sum())
        if truth is None:
            return
        known = truth != IGNORE
        for row, labels in enumerate((predicted, kept)):
            self.judged[row] += _per_class(labels[known], size)
            self.right[row] += _per_class(labels[known & (labels == truth)], size)

    def merge(self, other: LabelCounts) -> None:
        """Add the tiles of ``other``."""
        self.predicted += other.predicted
        self.kept += other.kept
        self.judged += other.judged
        self.right += other.right
        self.empty += other.empty


def _per_class(labels: np.ndarray, num_classes: int) -> np.ndarray:
    return np.bincount(labels.ravel(), minlength=256)[:num_classes]
