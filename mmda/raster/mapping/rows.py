"""Blended probabilities on their way to the map: back onto the raster's pixels, to what is kept."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from mmda.raster.decoding import IGNORE
from mmda.raster.io.grid import Grid
from mmda.raster.io.resample import apply_weights, axis_extent, axis_weights

STEPS = 254  # by which a byte tells a share of 0..1
ROWS = 256  # of the raster, that are brought back at a time
_EXACT = 2**24  # up to which a float32 counts
CACHED = 64  # rows of a tile whose planes stay in a processor's cache


class RowResampler:
    """Brings rows of the model's grid onto the raster's own pixels, from the top down.

    Probabilities are interpolated where the raster is finer than the model's grid, and averaged
    where it is coarser, so that outlines stay smooth; only the rows that are still needed are kept.

    Args:
        grid: The model's grid.
        height: Height of the raster in its own pixels.
        width: Width of the raster in its own pixels.
        num_classes: Number of classes C.
        first: The model's row that the rows begin with.
        start: The raster's row from which on rows are given out; it depends on none before
            ``first``.
    """

    def __init__(
        self,
        grid: Grid,
        height: int,
        width: int,
        num_classes: int,
        first: int = 0,
        start: int = 0,
    ) -> None:
        self._rows_in, self._rows_out = grid.height, height
        self._step = grid.height / height
        self._across = axis_weights(0, width, grid.width / width, 0, grid.width)
        self._kept = np.empty((num_classes, 0, grid.width), np.float32)
        self._first = first  # the model's row that `_kept` begins with
        self._done = start  # the raster's row that is given out next

    def push(self, rows: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Take the next rows of the model's grid, and return those of the raster that are ready.

        Args:
            rows: ``(C, n, grid.width)``.

        Yields:
            ``(C, m, width)``, at most :data:`ROWS` rows at a time.
        """
        self._kept = np.concatenate([self._kept, rows], axis=1)
        end = self._first + self._kept.shape[1]
        ready = self._ready(end)
        while self._done < ready:
            count = min(ROWS, ready - self._done)
            first, last = axis_extent(self._done, count, self._step, self._rows_in)
            down = axis_weights(self._done, count, self._step, first, last)
            planes = self._kept[:, first - self._first : last - self._first]
            yield np.stack([apply_weights(down, self._across, plane) for plane in planes])
            self._done += count
        if ready < self._rows_out:
            first, _ = axis_extent(ready, 1, self._step, self._rows_in)
            first = min(first, end)  # what a band begins with may not have come yet
            self._kept = self._kept[:, first - self._first :].copy()
            self._first = first

    def _ready(self, end: int) -> int:
        """Return how many rows of the raster depend on rows before the model's ``end`` alone."""
        if end >= self._rows_in:
            return self._rows_out
        ready = min(self._rows_out, math.floor(end / self._step))
        while ready > self._done:
            if axis_extent(ready - 1, 1, self._step, self._rows_in)[1] <= end:
                return ready
            ready -= 1
        return self._done


def to_classes(rows: NDArray[np.float32], valid: NDArray[np.bool_] | None) -> NDArray[np.uint8]:
    """Return the class of the largest probability, the first one on a tie.

    Args:
        rows: Probabilities ``(C, n, width)``; all 0 where no tile was predicted.
        valid: ``(n, width)``, False where there is no data; ``None`` for nowhere.

    Returns:
        ``(n, width)``, 255 where there is no data or no prediction.
    """
    mask = np.empty(rows.shape[1:], dtype=np.uint8)
    for top in range(0, len(mask), CACHED):
        _largest(rows[:, top : top + CACHED], mask[top : top + CACHED])
    if valid is not None:
        np.copyto(mask, IGNORE, where=~valid)
    return mask


def _largest(rows: NDArray[np.float32], mask: NDArray[np.uint8]) -> None:
    """Write the class of the largest probability into ``mask``.

    A later class that is larger has the larger id, so that comparing, multiplying and taking the
    maximum of whole planes of bytes does without indices: it is six times as fast as ``argmax``.
    """
    best = rows[0].copy()
    larger = np.empty(best.shape, dtype=np.uint8)
    mask[:] = 0
    for index, plane in enumerate(rows[1:], 1):
        np.greater(plane, best, out=larger.view(bool))
        np.maximum(best, plane, out=best)
        larger *= index
        np.maximum(mask, larger, out=mask)
    np.copyto(mask, IGNORE, where=best == 0)


def count_values(mask: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return how often each of the 256 values is in ``(n, width)``; it is faster than bincount."""
    rows = max(_EXACT // mask.shape[1], 1)
    parts = [mask[top : top + rows] for top in range(0, len(mask), rows)]
    counts = [cv2.calcHist([part], [0], None, [256], [0, 256]).ravel() for part in parts]
    return np.sum(counts, axis=0, dtype=np.int64)


def to_steps(rows: NDArray[np.float32], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return shares of 0..1, ``(bands, n, width)``, as 0..254; 255 where the mask has no class."""
    steps = np.empty(rows.shape, dtype=np.uint8)
    nodata = mask == IGNORE
    for plane, out in zip(rows, steps, strict=True):
        np.copyto(out, np.rint(plane.clip(0, 1) * STEPS), casting="unsafe")
        out[nodata] = IGNORE
    return steps


def to_entropy(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the predictive entropy ``- sum_c p_c log p_c / log C``; planar, so it streams.

    Args:
        rows: Probabilities ``(C, n, width)``; they are divided by their sum, which is below one
            beside a tile that was not predicted.

    Returns:
        ``(1, n, width)`` in 0..1: 0 where one class is certain, 1 where all are equally likely;
        0 where there is no prediction, or only one class.
    """
    total, terms = np.zeros_like(rows[0]), np.zeros_like(rows[0])
    for plane in rows:
        total += plane
        terms += plane * np.log(np.where(plane > 0, plane, 1))
    total[total <= 0] = 1
    entropy = np.log(total) - terms / total
    return entropy[None] / np.float32(math.log(max(len(rows), 2)))
