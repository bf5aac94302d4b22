"""Bands of rows of a map that are made apart, on one machine or many.

A band is read with the rows around it that its tiles need, so that its pixels are those of the
whole map. How a raster is cut depends on the raster and the options alone: however many processes
share the bands out, each band is the same.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from mmda.raster.io.header import RasterHeader
from mmda.raster.io.reading import RasterReader
from mmda.raster.io.resample import axis_extent
from mmda.raster.mapping.mosaic import MosaicGrid
from mmda.raster.windows import Window


@dataclass(frozen=True)
class Band:
    """Rows of a map.

    Attributes:
        start: First row of the map.
        stop: Row after the last one.
        first: First row of the model's grid that is read.
        last: Row after the last one that is read.
    """

    start: int
    stop: int
    first: int
    last: int

    def grid(self, whole: MosaicGrid) -> MosaicGrid:
        """Return where the band's tiles stand, counted from its first row that is read."""
        return replace(whole, height=self.last - self.first)

    def reader(self, reader: RasterReader) -> BandReader:
        """Return the reader of the band's rows."""
        return BandReader(reader, self.first)


class BandReader:
    """Reads a raster whose first row is another's row ``first``.

    Args:
        reader: Reads the whole raster.
        first: The row.
    """

    def __init__(self, reader: RasterReader, first: int) -> None:
        self._reader, self._first = reader, first
        self.header: RasterHeader = reader.header

    def read(self, area: Window) -> tuple[np.ndarray, np.ndarray | None]:
        """Read as :meth:`~mmda.raster.io.reading.RasterReader.read` does."""
        return self._reader.read(self._moved(area))

    def not_stored(self, area: Window) -> bool:
        """Tell as :meth:`~mmda.raster.io.reading.RasterReader.not_stored` does."""
        return self._reader.not_stored(self._moved(area))

    def _moved(self, area: Window) -> Window:
        return area._replace(row=area.row + self._first)


def whole_map(tiles: MosaicGrid, height: int) -> Band:
    """Return the band that is all of a map of ``height`` rows."""
    return Band(0, height, 0, tiles.height)


def cut_bands(tiles: MosaicGrid, height: int, strips: int) -> list[Band]:
    """Cut a map into bands.

    Args:
        tiles: Where the tiles stand, on the model's grid.
        height: Rows of the map, which may have other pixels than the model's grid.
        strips: Strips of tiles in a band.

    Returns:
        The bands from the top down; each row of the map is in one of them.
    """
    edges = [tiles.rows[i] * height / tiles.height for i in range(0, len(tiles.rows), strips)]
    rows = [*dict.fromkeys(round(edge) for edge in edges), height]
    return [_band(tiles, height, start, stop) for start, stop in itertools.pairwise(rows)]


def _band(tiles: MosaicGrid, height: int, start: int, stop: int) -> Band:
    first, last = start, stop
    if height != tiles.height:
        first, last = axis_extent(start, stop - start, tiles.height / height, tiles.height)
    needed = [row for row in tiles.rows if row < last and row + tiles.tile > first]
    return Band(start, stop, needed[0], min(needed[-1] + tiles.tile, tiles.height))
