"""Resampling of class ids: the mode when shrinking, the nearest when enlarging."""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import csr_matrix

from mmda.raster.grid import Grid
from mmda.raster.windows import Window


def source_area(grid: Grid, area: Window, height: int, width: int) -> Window:
    """Return the whole source pixels that an area of the grid touches.

    Args:
        grid: The target grid.
        area: Pixels of the grid, inside it.
        height: Height of the source in pixels.
        width: Width of the source in pixels.
    """
    top, bottom = _axis_extent(area.row, area.height, grid.step_y, height)
    left, right = _axis_extent(area.col, area.width, grid.step_x, width)
    return Window(top, left, bottom - top, right - left)


def resample_ids(ids: np.ndarray, grid: Grid, area: Window, source: Window) -> np.ndarray:
    """Resample class ids from source pixels to an area of the grid.

    Shrinking takes the id that covers most of the target pixel (the lowest of equals), enlarging
    the id at its centre. Neither depends on the area, so tiles join without seams.

    Args:
        ids: Class ids ``(source.height, source.width)``, uint8.
        grid: The target grid.
        area: Pixels of the grid to compute.
        source: Where ``ids`` lie in the source, see :func:`source_area`.

    Returns:
        Class ids ``(area.height, area.width)``, uint8.
    """
    if grid.native:
        return ids
    if not grid.shrinks:
        rows = _centres(area.row, area.height, grid.step_y, source.row, source.height)
        cols = _centres(area.col, area.width, grid.step_x, source.col, source.width)
        return ids[rows[:, None], cols[None, :]]
    down = _coverage(area.row, area.height, grid.step_y, source.row, source.height)
    across = _coverage(area.col, area.width, grid.step_x, source.col, source.width)
    present = np.flatnonzero(np.bincount(ids.ravel(), minlength=256))
    if len(present) == 1:
        return np.full((area.height, area.width), present[0], np.uint8)
    best = np.full((area.height, area.width), -1.0, np.float32)
    result = np.zeros((area.height, area.width), np.uint8)
    for value in present:
        share = ((down @ (ids == value).astype(np.float32)) @ across.T).astype(np.float32)
        # The margin keeps rounding noise from deciding between equals.
        wins = share > best + 1e-5
        result[wins] = value
        best[wins] = share[wins]
    return result


def _axis_extent(start: int, size: int, step: float, length: int) -> tuple[int, int]:
    first = math.floor(start * step + 1e-6)
    last = math.ceil((start + size) * step - 1e-6)
    return min(first, length - 1), min(max(last, first + 1), length)


def _centres(start: int, size: int, step: float, offset: int, length: int) -> np.ndarray:
    centres = np.floor((np.arange(start, start + size) + 0.5) * step).astype(int) - offset
    return np.clip(centres, 0, length - 1)


def _coverage(start: int, size: int, step: float, offset: int, length: int) -> csr_matrix:
    """Weights ``(size, length)``: the share of every source pixel in every target pixel."""
    low = np.arange(start, start + size)[:, None] * step - offset
    high = low + step
    first = np.floor(low).astype(int)
    index = first + np.arange(math.ceil(step) + 1)[None, :]
    overlap = np.minimum(high, index + 1) - np.maximum(low, index)
    keep = (overlap > 1e-6) & (index >= 0) & (index < length)
    rows = np.broadcast_to(np.arange(size)[:, None], index.shape)
    weights = (overlap[keep] / step).astype(np.float32)
    return csr_matrix((weights, (rows[keep], index[keep])), shape=(size, length))
