"""Halving rows for overviews: the most frequent class, or the mean of values.

Pixels without data count for nothing, and stay without data where all four are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mmda.raster.decoding import IGNORE

Rows = NDArray[np.uint8]
Shrink = Callable[[Rows], Rows]
"""Maps a band's rows ``(n, width)``, 255 = no data, to ``(n / 2, width / 2)``, rounded up."""


def shrink_classes(rows: Rows) -> Rows:
    """Return the most frequent of four classes, the smallest id on a tie."""
    a, b, c, d = _quarters(rows)
    low, high = np.minimum(a, b), np.maximum(a, b)
    low2, high2 = np.minimum(c, d), np.maximum(c, d)
    first, last = np.minimum(low, low2), np.maximum(high, high2)
    between, between2 = np.maximum(low, low2), np.minimum(high, high2)
    second, third = np.minimum(between, between2), np.maximum(between, between2)
    # Sorted, equal ids are neighbours, and no data comes last.
    pair = (first != second) & (second != IGNORE)
    middle, end = pair & (second == third), pair & (second != third) & (third == last)
    first[middle] = second[middle]
    end &= third != IGNORE
    first[end] = third[end]
    return first


def shrink_values(rows: Rows) -> Rows:
    """Return the mean of four values, rounded half up."""
    quarters = _quarters(rows)
    total = np.zeros(quarters[0].shape, np.uint16)
    count = np.zeros(quarters[0].shape, np.uint8)
    for quarter in quarters:
        valid = quarter != IGNORE
        total += np.where(valid, quarter, 0)
        count += valid
    if count.min(initial=4) == 4:
        return ((total + 2) >> 2).astype(np.uint8)
    mean = (total + count // 2) // np.maximum(count, 1)
    return np.where(count > 0, mean, IGNORE).astype(np.uint8)


def _quarters(rows: Rows) -> list[Rows]:
    """Return the four pixels of each square of two by two, ``(n / 2, width / 2)`` each."""
    odd = [(0, size % 2) for size in rows.shape]
    if odd != [(0, 0), (0, 0)]:
        rows = np.pad(rows, odd, constant_values=IGNORE)
    return [rows[row::2, column::2] for row in (0, 1) for column in (0, 1)]
