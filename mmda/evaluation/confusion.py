"""Scores from a confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def confusion_matrix(
    prediction: np.ndarray, label: np.ndarray, num_classes: int, ignore_index: int = 255
) -> np.ndarray:
    """Count pixels by (label, prediction).

    Args:
        prediction: Class ids of any shape, below ``num_classes``.
        label: Class ids of the same shape.
        num_classes: Number of classes C.
        ignore_index: Label of pixels that do not count.

    Returns:
        (C, C) int64, rows by label.

    Raises:
        ValueError: When a label or prediction is out of range.
    """
    valid = label != ignore_index
    label, prediction = label[valid].astype(np.int64), prediction[valid].astype(np.int64)
    for name, values in (("label", label), ("prediction", prediction)):
        outside = values[(values < 0) | (values >= num_classes)]
        if outside.size:
            raise ValueError(
                f"A {name} has the value {outside[0]}; expected class ids 0..{num_classes - 1} "
                f"or {ignore_index} = ignore."
            )
    counts = np.bincount(label * num_classes + prediction, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


@dataclass(frozen=True)
class Scores:
    """Scores of one evaluation in percent; NaN for a class without label and prediction.

    Attributes:
        iou: Intersection over union per class, (C,).
        f1: F1 score (Dice) per class, (C,).
        accuracy: Overall pixel accuracy.
    """

    iou: np.ndarray
    f1: np.ndarray
    accuracy: float

    @property
    def miou(self) -> float:
        """Mean IoU over the classes that occur."""
        return float(np.nanmean(self.iou)) if np.isfinite(self.iou).any() else float("nan")

    @property
    def mf1(self) -> float:
        """Mean F1 over the classes that occur."""
        return float(np.nanmean(self.f1)) if np.isfinite(self.f1).any() else float("nan")


def scores(matrix: np.ndarray) -> Scores:
    """Return the scores of a confusion matrix (C, C), rows by label."""
    matrix = matrix.astype(np.float64)
    hits = np.diag(matrix)
    labelled, predicted = matrix.sum(1), matrix.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        iou = 100 * hits / (labelled + predicted - hits)
        f1 = 200 * hits / (labelled + predicted)
        accuracy = float(100 * hits.sum() / matrix.sum())
    return Scores(iou, f1, accuracy)
