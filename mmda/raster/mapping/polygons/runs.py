"""Runs of equal class in the rows of a mask, and which of them touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Runs:
    """Runs of equal class, in reading order; pixels of class 0 are in none.

    Attributes:
        row: Row of each.
        start: First column.
        end: Column after the last.
        value: Class, 1 to 255.
        width: Columns of the mask.
    """

    row: Ints
    start: Ints
    end: Ints
    value: NDArray[np.uint8]
    width: int

    def __len__(self) -> int:
        return len(self.row)

    def at(self, row: Ints, column: Ints) -> Ints:
        """Return the runs that hold pixels."""
        key = row * self.width + column
        return np.searchsorted(self.row * self.width + self.start, key, side="right") - 1


def find_runs(values: NDArray[np.uint8], changes: NDArray[np.bool_]) -> Runs:
    """Return the runs of a block.

    Args:
        values: (H, W).
        changes: (H, W + 1), whether the pixels left and right of each vertical edge differ; those
            beyond the block are 0.
    """
    width = values.shape[1]
    borders = changes.copy()
    borders[:, [0, width]] = True
    places = np.flatnonzero(borders)
    row, column = np.divmod(places[:-1], width + 1)
    inside = column < width  # not from the end of a row to the start of the next
    row, start = row[inside], column[inside]
    end = places[1:][inside] - row * (width + 1)
    value = values[row, start]
    wanted = value != 0
    return Runs(row[wanted], start[wanted], end[wanted], value[wanted], width)


@dataclass(frozen=True)
class Touching:
    """Pairs of runs that touch, by the number of the runs, (n, 2) each.

    Attributes:
        sides: Of equal class, along the sides of pixels.
        corners: Of equal class, at the corner of a pixel alone.
        others: Of different classes, at sides or corners.
    """

    sides: Ints
    corners: Ints
    others: Ints


def find_touching(runs: Runs) -> Touching:
    """Return which runs touch each other."""
    wide = runs.width + 2  # one column on either side, so that no run reaches over a row's end
    key_start, key_end = (runs.row * wide + side for side in (runs.start, runs.end))
    first = np.searchsorted(key_end, key_start + wide, side="left")
    last = np.searchsorted(key_start, key_end + wide, side="right")
    count = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(runs)), count)
    offset = np.repeat(np.cumsum(count) - count, count)
    lower = np.repeat(first, count) + np.arange(len(upper)) - offset
    pairs = np.stack([upper, lower], axis=1)
    same = runs.value[upper] == runs.value[lower]
    overlap = np.minimum(runs.end[upper], runs.end[lower]) > np.maximum(
        runs.start[upper], runs.start[lower]
    )
    beside = np.flatnonzero((np.diff(runs.row) == 0) & (runs.start[1:] == runs.end[:-1]))
    neighbours = np.stack([beside, beside + 1], axis=1)
    return Touching(
        pairs[same & overlap], pairs[same & ~overlap], np.concatenate([pairs[~same], neighbours])
    )
