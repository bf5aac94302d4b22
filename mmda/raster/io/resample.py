"""Resampling of bands, probabilities and class ids between the pixels of two grids.

Each axis is resampled by itself: where target pixels are larger than source pixels, they take the
mean of the source weighted by area, where they are smaller, they interpolate (class ids take the
nearest). The weights of a target pixel depend on its place alone, not on the area that is read
with it, so tiles join without seams and equal pixels are equal to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from scipy.sparse import csr_matrix

from mmda.raster.io.grid import Grid
from mmda.raster.windows import Window

_ROWS = 32  # that are turned into columns at a time, so that they stay in the cache
_EVEN = 1e-5  # smaller differences between two shares are rounding noise


def source_area(grid: Grid, area: Window, height: int, width: int) -> Window:
    """Return the whole source pixels that an area of the grid depends on.

    Args:
        grid: The target grid.
        area: Pixels of the grid, inside it.
        height: Height of the source in pixels.
        width: Width of the source in pixels.
    """
    top, bottom = axis_extent(area.row, area.height, grid.step_y, height)
    left, right = axis_extent(area.col, area.width, grid.step_x, width)
    return Window(top, left, bottom - top, right - left)


def axis_extent(start: int, size: int, step: float, length: int) -> tuple[int, int]:
    """Return the first source pixel that target pixels depend on along one axis, and the end.

    Args:
        start: First target pixel.
        size: Number of target pixels.
        step: Source pixels per target pixel.
        length: Number of source pixels along the axis.
    """
    margin = 1 if step < 1 else 0  # the neighbours that are interpolated with
    first = math.floor(start * step + 1e-6) - margin
    last = math.ceil((start + size) * step - 1e-6) + margin
    return max(0, min(first, length - 1)), min(max(last, first + 1), length)


def resample_bands(
    image: np.ndarray, valid: np.ndarray | None, grid: Grid, area: Window, source: Window
) -> tuple[np.ndarray, np.ndarray | None]:
    """Resample bands, counting valid pixels only.

    Args:
        image: ``(bands, source.height, source.width)``.
        valid: ``(source.height, source.width)``, bool; ``None`` where all is valid.
        grid: The target grid, not the source's own.
        area: Pixels of the grid to compute.
        source: Where ``image`` lies in the source, see :func:`source_area`.

    Returns:
        Image ``(bands, area.height, area.width)`` in the dtype of ``image``, and validity
        ``(area.height, area.width)``: at least half of the weight is valid (``None`` where all
        is).
    """
    down, across = _matrices(grid, area, source, _interpolated)
    share = None
    if valid is not None:
        share = apply_weights(down, across, valid)
        # What is valid all around keeps the very values that it has without neighbours.
        share[share > 1 - _EVEN] = 1
        image = np.where(valid, image, image.dtype.type(0))
    result = np.empty((len(image), area.height, area.width), image.dtype)
    for band, out in zip(image, result, strict=True):
        values = apply_weights(down, across, band)
        if share is not None:
            values /= np.maximum(share, _EVEN)
        if image.dtype.kind == "u":
            values += 0.5  # the conversion cuts off
        np.copyto(out, values, casting="unsafe")
    return result, None if share is None else share >= 0.5 - _EVEN


def resample_ids(ids: np.ndarray, grid: Grid, area: Window, source: Window) -> np.ndarray:
    """Resample class ids from source pixels to an area of the grid.

    Shrinking takes the id that covers most of the target pixel (the lowest of equals), enlarging
    the id at its centre.

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
    down, across = _matrices(grid, area, source, _nearest)
    present = np.flatnonzero(np.bincount(ids.ravel(), minlength=256))
    if len(present) == 1:
        return np.full((area.height, area.width), present[0], np.uint8)
    if grid.step_y <= 1 and grid.step_x <= 1:
        return ids[down.indices[:, None], across.indices[None, :]]
    best = np.full((area.height, area.width), -1.0, np.float32)
    rest = np.ones((area.height, area.width), np.float32)
    result = np.zeros((area.height, area.width), np.uint8)
    for value in present:
        if value == present[-1]:
            share = rest
        else:
            share = apply_weights(down, across, ids == value)
            rest -= share
        # The margin keeps rounding noise from deciding between equals.
        wins = share > best + _EVEN
        result[wins] = value
        best[wins] = share[wins]
    return result


def axis_weights(start: int, size: int, step: float, first: int, last: int) -> csr_matrix:
    """Return the weights of source pixels in target pixels along one axis.

    Args:
        start: First target pixel.
        size: Number of target pixels.
        step: Source pixels per target pixel.
        first: First source pixel that is at hand.
        last: The end of those at hand.

    Returns:
        ``(size, last - first)``, float32; each row adds up to 1.
    """
    return _interpolated(start, size, step, first, last - first)


def _matrices(
    grid: Grid, area: Window, source: Window, enlarge: Callable[..., csr_matrix]
) -> tuple[csr_matrix, csr_matrix]:
    """Return the weights down and across."""
    rows = (area.row, area.height, grid.step_y, source.row, source.height)
    cols = (area.col, area.width, grid.step_x, source.col, source.width)
    return enlarge(*rows), enlarge(*cols)


def apply_weights(down: csr_matrix, across: csr_matrix, plane: np.ndarray) -> np.ndarray:
    """Return ``down @ plane @ across.T`` in float32, ``(rows of down, rows of across)``.

    Args:
        down: Weights along the rows of the plane.
        across: Weights along its columns.
        plane: ``(height, width)``, any number type.
    """
    lines = down @ plane.astype(np.float32)
    result = np.empty((down.shape[0], across.shape[0]), np.float32)
    for top in range(0, len(lines), _ROWS):
        # Sparse products are several times faster on contiguous rows.
        part = cv2.transpose(lines[top : top + _ROWS])
        result[top : top + _ROWS] = cv2.transpose(across @ part)
    return result


def _interpolated(start: int, size: int, step: float, offset: int, length: int) -> csr_matrix:
    """Weights ``(size, length)``: by area where pixels grow, bilinear where they shrink."""
    if step >= 1:
        return _coverage(start, size, step, offset, length)
    centre = (np.arange(start, start + size) + 0.5) * step - 0.5
    first = np.floor(centre).astype(int)
    upper = (centre - first).astype(np.float32)
    rows = np.tile(np.arange(size), 2)
    index = np.clip(np.concatenate([first, first + 1]) - offset, 0, length - 1)
    weights = np.concatenate([1 - upper, upper])
    return csr_matrix((weights, (rows, index)), shape=(size, length))


def _nearest(start: int, size: int, step: float, offset: int, length: int) -> csr_matrix:
    """Weights ``(size, length)``: by area where pixels grow, else of the source at the centre."""
    if step > 1:
        return _coverage(start, size, step, offset, length)
    centres = np.floor((np.arange(start, start + size) + 0.5) * step).astype(int) - offset
    index = np.clip(centres, 0, length - 1)
    return csr_matrix((np.ones(size, np.float32), (np.arange(size), index)), shape=(size, length))


def _coverage(start: int, size: int, step: float, offset: int, length: int) -> csr_matrix:
    """Weights ``(size, length)``: the share of every source pixel in every target pixel."""
    edges = np.arange(start, start + size + 1) * step
    low, high = edges[:-1, None], edges[1:, None]
    index = np.floor(low + 1e-6).astype(int) + np.arange(math.ceil(step) + 1)[None, :]
    overlap = np.minimum(high, index + 1) - np.maximum(low, index)
    keep = (overlap > 1e-6) & (index >= offset) & (index < offset + length)
    overlap = np.where(keep, overlap, 0)
    weights = (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)
    rows = np.broadcast_to(np.arange(size)[:, None], index.shape)
    return csr_matrix((weights[keep], (rows[keep], index[keep] - offset)), shape=(size, length))
