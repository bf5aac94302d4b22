"""Blending overlapping tiles into a raster, tile after tile, where the network runs.

What tiles share is kept until the next one adds to it: the columns shared with the tile to the
right, and the rows shared with the strip below. All else leaves at once, as class ids where these
are all that is wanted. Of the probabilities no more is then held than ``classes x shared rows x
raster width``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmda.raster.mapping.arrays import Array, Kind
from mmda.raster.mapping.batches import Predicted
from mmda.raster.mapping.mosaic import MosaicGrid, blend_weights

Runs = list[tuple[slice, Array]]


class TileBlender:
    """Blends the tiles of a raster in order: from left to right, then strip after strip.

    For each strip: :meth:`add` its tiles, those without data left out, then :meth:`finish`.

    Args:
        grid: Where the tiles stand.
        num_classes: Number of classes C.
        shares: Whether probabilities are wanted, not class ids alone.

    Attributes:
        strip: Index of the strip in ``grid.rows`` that tiles are added to.
    """

    def __init__(self, grid: MosaicGrid, num_classes: int, shares: bool = False) -> None:
        self.strip = 0
        self._grid, self._num_classes, self._shares = grid, num_classes, shares
        self._kind = Kind(np.empty(0, np.float32))  # as the first tile is
        self._row_weights: list[Runs] = []
        self._col_weights: list[Runs] = []
        self._column = 0  # the next tile
        self._filled = False  # whether the strip has a tile
        self._right: Array = None  # shared columns of the tile before
        self._below: Array = None  # rows that are shared with the next strip
        self._above = 0  # number of the rows that `_below` holds for this strip; 0 if all are 0
        self._rows: Array = None  # the strip's result

    def add(self, column: int, tile: Array) -> None:
        """Add a tile.

        Args:
            column: Its index in ``grid.cols``.
            tile: Probabilities ``(C, tile, tile)``, float32; they are changed.
        """
        if self._below is None:
            self._begin(tile)
        self._skip_to(column)
        self._add(tile)
        self._filled = True

    def finish(self) -> NDArray[Any]:
        """End the strip, and begin the next one.

        Returns:
            The rows that no later strip touches: probabilities ``(C, n, width)``, 0 where there is
            no tile; or class ids ``(n, width)``, there 255.
        """
        grid = self._grid
        self._skip_to(len(grid.cols))
        result = self._new_rows() if self._rows is None else self._rows
        self._above = grid.tile - grid.final_height(self.strip) if self._filled else 0
        self._column, self._filled, self._right, self._rows = 0, False, None, None
        self.strip += 1
        return self._kind.to_host(result)

    def _begin(self, tile: Array) -> None:
        grid = self._grid
        self._kind = Kind(tile)
        for starts, found in ((grid.rows, self._row_weights), (grid.cols, self._col_weights)):
            for weights in blend_weights(starts, grid.tile, grid.stride):
                found.append([(s, self._kind.array(weights[s])) for s in _shared(weights)])
        last = len(grid.rows) - 1
        shared = max((grid.tile - grid.final_height(i) for i in range(last)), default=0)
        self._below = self._kind.zeros((self._num_classes, shared, grid.width))

    def _new_rows(self) -> Array:
        size = self._grid.final_height(self.strip), self._grid.width
        if self._shares:
            return self._kind.zeros((self._num_classes, *size))
        return self._kind.class_ids(size)

    def _skip_to(self, column: int) -> None:
        """Go past tiles without data, over which their neighbours reach."""
        tile = self._grid.tile
        while self._column < column:
            reach = 0 if self._right is None else self._right.shape[2]
            if not (reach or self._above):
                self._column += 1
                continue
            step = self._step()
            self._add(self._kind.zeros((self._num_classes, tile, tile)))
            if reach <= step:
                self._right = None

    def _step(self) -> int:
        """Return the number of columns that no later tile of the strip touches."""
        cols, column = self._grid.cols, self._column
        end = cols[column + 1] if column + 1 < len(cols) else self._grid.width
        return end - cols[column]

    def _add(self, tile: Array) -> None:
        """Add the next tile of the strip."""
        size, step = self._grid.tile, self._step()
        rows = self._grid.final_height(self.strip)
        place = slice(self._grid.cols[self._column], self._grid.cols[self._column] + step)
        for part, weights in self._col_weights[self._column]:
            tile[:, :, part] *= weights
        if self._right is not None:
            tile[:, :, : self._right.shape[2]] += self._right
        self._column += 1
        ends = step == size or self._column == len(self._grid.cols)
        self._right = None if ends else self._kind.copy(tile[:, :, step:])
        own = tile[:, :, :step]
        for part, weights in self._row_weights[self.strip]:
            own[:, part] *= weights[:, None]
        if self._above:
            own[:, : self._above] += self._below[:, : self._above, place]
        if self.strip + 1 < len(self._grid.rows):
            self._below[:, : size - rows, place] = own[:, rows:]
        if self._rows is None:
            self._rows = self._new_rows()
        final = own[:, :rows]
        self._rows[..., place] = final if self._shares else self._kind.classes(final)


def _shared(weights: NDArray[np.float32]) -> list[slice]:
    """Return the runs of weights that are not 1."""
    other = np.concatenate([[False], weights != 1, [False]])
    edges = np.flatnonzero(other[1:] != other[:-1])
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def blended_strips(
    predicted: Iterable[Predicted], grid: MosaicGrid, num_classes: int, shares: bool
) -> Generator[tuple[NDArray[Any], NDArray[np.bool_] | None], None, None]:
    """Blend the tiles of a raster, see :class:`TileBlender`.

    Yields:
        For each strip the rows that no later one touches, and where they hold data,
        ``(n, width)``; ``None`` for everywhere.
    """
    blender = TileBlender(grid, num_classes, shares)
    validity: dict[int, NDArray[np.bool_] | None] = {}

    def finished() -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        valid = validity.pop(blender.strip)
        if valid is not None:
            valid = valid[: grid.final_height(blender.strip), : grid.width]
        return blender.finish(), valid

    for places, probabilities, ended in predicted:
        validity |= ended
        for (strip, column), tile in zip(places, probabilities, strict=True):
            while blender.strip < strip:
                yield finished()
            blender.add(column, tile)
    while blender.strip < len(grid.rows):
        yield finished()
