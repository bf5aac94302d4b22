"""Resampling of class ids (mode or nearest) and, where GDAL cannot, of bands."""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import csr_matrix

from mmda.raster.io.grid import Grid
from mmda.raster.windows import Window


def source_area(grid: Grid, area: Window, height: int, width: int) -> Window:
    """Return the whole source pixels that an area of the grid depends on.

    Args:
        grid: The target grid.
        area: Pixels of the grid, inside it.
        height: Height of the source in pixels.
        width: Width of the source in pixels.
    """
    margin = 0 if grid.native or grid.shrinks else 1  # the neighbours of bilinear interpolation
    top, bottom = _axis_extent(area.row, area.height, grid.step_y, height, margin)
    left, right = _axis_extent(area.col, area.width, grid.step_x, width, margin)
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
    rest = np.ones((area.height, area.width), np.float32)
    result = np.zeros((area.height, area.width), np.uint8)
    for value in present:
        if value == present[-1]:
            share = rest
        else:
            share = (down @ (ids == value).astype(np.float32)) @ across.T
            rest -= share
        # The margin keeps rounding noise from deciding between equals.
        wins = share > best + 1e-5
        result[wins] = value
        best[wins] = share[wins]
    return result


def resample_bands(
    image: np.ndarray, valid: np.ndarray, grid: Grid, area: Window, source: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Resample bands as GDAL does: the mean of valid pixels, or bilinear when enlarging.

    Args:
        image: ``(bands, source.height, source.width)``.
        valid: ``(source.height, source.width)``, bool.
        grid: The target grid, not the source's own.
        area: Pixels of the grid to compute.
        source: Where ``image`` lies in the source, see :func:`source_area`.

    Returns:
        Image ``(bands, area.height, area.width)`` in the dtype of ``image``, and validity
        ``(area.height, area.width)``: at least half of the weight is valid.
    """
    weigh = _coverage if grid.shrinks else _bilinear
    down = weigh(area.row, area.height, grid.step_y, source.row, source.height)
    across = weigh(area.col, area.width, grid.step_x, source.col, source.width)
    share = (down @ valid.astype(np.float32)) @ across.T
    sums = [(down @ np.where(valid, band, 0).astype(np.float32)) @ across.T for band in image]
    result = np.stack(sums) / np.maximum(share, 1e-6)
    if image.dtype.kind == "u":
        result = np.clip(np.floor(result + 0.5), 0, np.iinfo(image.dtype).max)
    return result.astype(image.dtype), share >= 0.5 - 1e-5


def _axis_extent(start: int, size: int, step: float, length: int, margin: int) -> tuple[int, int]:
    first = math.floor(start * step + 1e-6) - margin
    last = math.ceil((start + size) * step - 1e-6) + margin
    return max(0, min(first, length - 1)), min(max(last, first + 1), length)


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


def _bilinear(start: int, size: int, step: float, offset: int, length: int) -> csr_matrix:
    """Weights ``(size, length)`` of the two source pixels around every target centre."""
    centre = (np.arange(start, start + size) + 0.5) * step - 0.5 - offset
    first = np.floor(centre).astype(int)
    upper = (centre - first).astype(np.float32)
    rows = np.tile(np.arange(size), 2)
    index = np.clip(np.concatenate([first, first + 1]), 0, length - 1)
    return csr_matrix((np.concatenate([1 - upper, upper]), (rows, index)), shape=(size, length))
