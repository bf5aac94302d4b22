"""Precision and recall that forgive small distances, as roads ask for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

Mask = NDArray[np.bool_]


class MatchCounts(NamedTuple):
    """How much of a prediction and of the truth was found in the other; sums over scenes add up.

    Attributes:
        right: Predicted items that are true.
        predicted: Predicted items.
        found: True items that are predicted.
        labelled: True items.
    """

    right: int
    predicted: int
    found: int
    labelled: int


def relaxed_counts(
    prediction: Mask,
    label: Mask,
    radius: float,
    unknown: Mask,
    sides: tuple[float, float] = (1.0, 1.0),
) -> MatchCounts:
    """Count pixels that lie within a distance of the other mask (Mnih and Hinton, ECCV 2010).

    Precision is the share of predicted pixels within ``radius`` of a true one, recall that of true
    pixels within ``radius`` of a predicted one. Pixels that do not count are neither.

    Args:
        prediction: (H, W).
        label: (H, W).
        radius: In the unit of ``sides``, 0 or more; 3 pixels as published.
        unknown: Pixels that do not count, (H, W).
        sides: Height and width of a pixel.
    """
    one, other = prediction & ~unknown, label & ~unknown
    return MatchCounts(
        _within(one, other, radius, sides),
        int(one.sum()),
        _within(other, one, radius, sides),
        int(other.sum()),
    )


def _within(mask: Mask, other: Mask, radius: float, sides: tuple[float, float]) -> int:
    """Count pixels of ``mask`` at most ``radius`` from the nearest pixel of ``other``."""
    if not other.any():
        return 0
    return int((mask & (distance_transform_edt(~other, sampling=sides) <= radius)).sum())
