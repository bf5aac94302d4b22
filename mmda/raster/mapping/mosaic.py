"""Blending overlapping tiles into a raster, one strip of tiles at a time.

The tiles stand on a product grid, so the weights are separable: the sum of all weights at a pixel
is the product of one sum per axis. Each axis is therefore normalised beforehand, the weights of
all tiles over a pixel add up to one, and no weight map has to be accumulated. Rows that no later
tile touches leave the accumulator at once, which never holds more than
``classes x tile x raster width`` numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mmda.errors import ConfigError


@dataclass(frozen=True)
class MosaicGrid:
    """Where the tiles of a sliding-window prediction stand.

    The last tile of an axis is shifted in, so that it ends at the raster's edge. A raster smaller
    than a tile is treated as padded to one tile at the bottom and right.

    Args:
        height: Raster height in pixels.
        width: Raster width in pixels.
        tile: Side of the square tiles in pixels.
        overlap: Share of a tile that it has in common with its neighbour, in [0, 0.9].

    Raises:
        ConfigError: If a size is not positive or the overlap is out of range.
    """

    height: int
    width: int
    tile: int = 512
    overlap: float = 0.25

    def __post_init__(self) -> None:
        if min(self.height, self.width, self.tile) < 1:
            raise ConfigError(
                f"Expected positive sizes, but got a raster of {self.height} x {self.width} pixels "
                f"and a tile of {self.tile}."
            )
        if not 0 <= self.overlap <= 0.9:
            raise ConfigError(
                f"Expected an overlap between 0 and 0.9 (a share of the tile), got {self.overlap}."
            )

    @property
    def stride(self) -> int:
        """Distance of neighbouring tiles in pixels."""
        return max(1, round(self.tile * (1 - self.overlap)))

    @property
    def padded_width(self) -> int:
        """Width in pixels that the tiles cover."""
        return max(self.width, self.tile)

    @cached_property
    def rows(self) -> list[int]:
        """First row of every strip of tiles."""
        return _starts(self.height, self.tile, self.stride)

    @cached_property
    def cols(self) -> list[int]:
        """First column of every tile in a strip."""
        return _starts(self.width, self.tile, self.stride)

    def final_height(self, strip: int) -> int:
        """Number of rows of strip ``strip`` that no later strip touches."""
        end = self.rows[strip + 1] if strip + 1 < len(self.rows) else self.height
        return end - self.rows[strip]


def _starts(size: int, tile: int, stride: int) -> list[int]:
    """Return the first pixels of tiles that cover ``size`` pixels, the last one shifted in."""
    last = max(size - tile, 0)
    return [*range(0, last, stride), last]


def blend_weights(starts: list[int], tile: int, stride: int) -> NDArray[np.float32]:
    """Return the weights of the tiles along one axis; over every pixel they sum to one.

    A tile's raw weight rises linearly over the width of the overlap, is flat in the middle and
    falls again. Where only one tile lies, its weight is exactly 1, at the raster's border too.

    Args:
        starts: First pixel of every tile.
        tile: Tile length in pixels.
        stride: Distance of neighbouring tiles in pixels.

    Returns:
        ``(len(starts), tile)`` weights in (0, 1].
    """
    position = np.arange(tile) + 0.5
    ramp = max(tile - stride, 1)
    raw = np.minimum(np.minimum(position, tile - position), ramp) / ramp
    total = np.zeros(starts[-1] + tile)
    for start in starts:
        total[start : start + tile] += raw
    return np.stack([raw / total[s : s + tile] for s in starts]).astype(np.float32)


class StripMosaic:
    """Accumulates the probabilities of one strip of tiles after the other.

    For each strip: :meth:`add` its tiles, use :meth:`final_rows`, then :meth:`advance`.

    Args:
        grid: Where the tiles stand.
        num_classes: Number of classes C.
    """

    def __init__(self, grid: MosaicGrid, num_classes: int) -> None:
        self.grid = grid
        self._row_weights = blend_weights(grid.rows, grid.tile, grid.stride)
        self._col_weights = blend_weights(grid.cols, grid.tile, grid.stride)
        self._sums = np.zeros((num_classes, grid.tile, grid.padded_width), dtype=np.float32)
        self._scratch = np.empty((num_classes, grid.tile, grid.tile), dtype=np.float32)

    def add(self, strip: int, column: int, probabilities: NDArray[np.float32]) -> None:
        """Add one tile.

        Args:
            strip: Index of the tile's strip in ``grid.rows``.
            column: Index of the tile in ``grid.cols``.
            probabilities: ``(C, tile, tile)``; it is not changed.
        """
        weights = np.outer(self._row_weights[strip], self._col_weights[column])
        np.multiply(probabilities, weights, out=self._scratch)
        left = self.grid.cols[column]
        self._sums[:, :, left : left + self.grid.tile] += self._scratch

    def final_rows(self, strip: int) -> NDArray[np.float32]:
        """Return the blended rows that no later strip touches, a ``(C, rows, width)`` view."""
        return self._sums[:, : self.grid.final_height(strip), : self.grid.width]

    def advance(self, strip: int) -> None:
        """Move the rows shared with the next strip to the top and clear the others."""
        shift = self.grid.final_height(strip)
        keep = max(self.grid.tile - shift, 0)
        for plane in self._sums:
            plane[:keep] = plane[shift : shift + keep]
            plane[keep:] = 0
