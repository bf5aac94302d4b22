"""Blending overlapping tiles into a raster, tile after tile, where the network runs.

What tiles share is kept until the next one adds to it: the columns shared with the tile to the
right, and the rows shared with the strip below. All else leaves at once, as class ids where these
are all that is wanted. Of the probabilities no more is then held than ``classes x shared rows x
raster width``.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmda.raster.mapping.arrays import Array, Kind
from mmda.raster.mapping.batches import Predicted
from mmda.raster.mapping.mosaic import MosaicGrid, blend_weights


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
        self._row_weights: Array = None
        self._col_weights: Array = None
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
            tile: Probabilities ``(C, tile, tile)``, float32; they are not changed.
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
        self.strip += 1
        self._above = self._shared(self.strip) if self._filled else 0
        self._column, self._filled, self._right, self._rows = 0, False, None, None
        return self._kind.to_host(result)

    def _begin(self, tile: Array) -> None:
        grid = self._grid
        self._kind = Kind(tile)
        size = grid.tile, grid.stride
        self._row_weights = self._kind.array(blend_weights(grid.rows, *size))
        self._col_weights = self._kind.array(blend_weights(grid.cols, *size))
        shared = max(map(self._shared, range(len(grid.rows))))
        self._below = self._kind.zeros((self._num_classes, shared, grid.width))

    def _shared(self, strip: int) -> int:
        """Return the number of rows that a strip shares with the one before."""
        return self._grid.tile - self._grid.final_height(strip - 1) if strip else 0

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
        grid, column, size = self._grid, self._column, self._grid.tile
        step, left = self._step(), grid.cols[column]
        shared = size - (left - grid.cols[column - 1]) if column else 0
        last = column + 1 == len(grid.cols)
        weights = self._col_weights[column]
        before, self._right = self._right, None
        if step < size and not last:
            self._right = self._kind.zeros((self._num_classes, size, size - step))
        if self._rows is None:
            self._rows = self._new_rows()
        for rows in self._bands():
            for cols in _zones(shared, step, step if last else size):
                part = tile[:, rows, cols]
                if cols.start < shared or cols.start >= step:
                    part = part * weights[cols]
                if cols.start < shared and before is not None:
                    part += before[:, rows, cols]
                if cols.start >= step:
                    self._right[:, rows, cols.start - step : cols.stop - step] = part
                else:
                    self._blend_down(rows, slice(left + cols.start, left + cols.stop), part)
        self._column += 1

    def _bands(self) -> list[slice]:
        """Return the rows of a tile in parts that are small, and shared with one strip at most."""
        size, final = self._grid.tile, self._grid.final_height(self.strip)
        end = size if self.strip + 1 < len(self._grid.rows) else final
        return _zones(self._shared(self.strip), final, end, self._kind.rows)

    def _blend_down(self, rows: slice, columns: slice, part: Array) -> None:
        """Blend rows of a tile with the strip above, and keep or give out what comes of them."""
        shared, final = self._shared(self.strip), self._grid.final_height(self.strip)
        if rows.start < shared or rows.start >= final:
            part = part * self._row_weights[self.strip][rows, None]
        if rows.start < self._above:
            part += self._below[:, rows, columns]
        if rows.start >= final:
            self._below[:, rows.start - final : rows.stop - final, columns] = part
        else:
            self._rows[..., rows, columns] = part if self._shares else self._kind.classes(part)


def _zones(shared: int, final: int, end: int, most: int | None = None) -> list[slice]:
    """Cut an axis where what is shared with the tile before ends, and with the next one begins.

    Args:
        shared: End of what is shared with the tile before.
        final: Begin of what is shared with the next one.
        end: End of the axis.
        most: Largest length of a zone.
    """
    edges = {0, shared, final, end, *(range(0, end, most) if most else ())}
    return [slice(a, b) for a, b in itertools.pairwise(sorted(edges))]


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
