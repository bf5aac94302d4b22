"""Where the tiles of a map stand, and how much each of them weighs.

The tiles stand on a product grid, so the weights are separable: the sum of all weights at a pixel
is the product of one sum per axis. Each axis is therefore normalised beforehand, the weights of
all tiles over a pixel add up to one, and no weight map has to be accumulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mmda.errors import ConfigError

MARGIN = 0.25  # of an overlap, on each side
_LEAST = 1e-9  # weight of a margin, which only counts where there is nothing else
_NOTHING = 1e-6  # less than any weight outside of margins


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
    overlap: float = 0.125

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

    Beside a tile's border the network has not seen all that it needs, so the outer
    :data:`MARGIN` of an overlap weighs nothing where another tile knows more. From there the weight
    rises linearly to where the neighbour's margin begins, and is flat in the middle. Where only
    one tile lies, its weight is exactly 1, at the raster's border too.

    Args:
        starts: First pixel of every tile.
        tile: Tile length in pixels.
        stride: Distance of neighbouring tiles in pixels.

    Returns:
        ``(len(starts), tile)`` weights in 0..1.
    """
    position = np.arange(tile) + 0.5
    margin = MARGIN * (tile - stride)
    ramp = max(tile - stride - 2 * margin, 1)
    inside = np.minimum(position, tile - position) - margin
    raw = np.clip(inside / ramp, _LEAST, 1)
    total = np.zeros(starts[-1] + tile)
    for start in starts:
        total[start : start + tile] += raw
    weights = np.stack([raw / total[s : s + tile] for s in starts])
    weights[weights < _NOTHING] = 0
    weights[weights > 1 - _NOTHING] = 1
    return weights.astype(np.float32)
