"""The tiles of a raster as a model sees them, without a map that is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmda.raster.dataset.training_data import TrainingData
from mmda.raster.io.handles import HandlePool
from mmda.raster.mapping.mosaic import MosaicGrid
from mmda.raster.mapping.opening import opened_raster
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.strips import Strip, StripReader
from mmda.utils.ahead import ahead


class RasterTiles(NamedTuple):
    """A batch of tiles.

    Attributes:
        pixels: ``(n, B, tile, tile)`` in the raster's dtype; pixels without data take the values of
            the nearest that has some.
        counted: ``(n, tile, tile)`` bool. Each pixel of the raster that holds data is counted in
            exactly one tile.
    """

    pixels: NDArray[np.generic]
    counted: NDArray[np.bool_]


class RasterTileReader:
    """Reads a raster tile by tile; tiles without data are left out.

    The tiles do not overlap, but for the last one of a row or column, which ends at the raster's
    edge and counts the pixels that no tile before it has.

    Args:
        image: What GDAL opens.
        options: How the raster is mapped; ``overlap`` is not used.
        num_bands: Number of bands that the model expects; ``None`` for any.
        data: What the model's training images were like; ``None`` when unknown.

    Attributes:
        warnings: What the user should know, in sentences; known when tiles have been read.
    """

    def __init__(
        self,
        image: Path | str,
        options: PredictOptions,
        num_bands: int | None = None,
        data: TrainingData | None = None,
    ) -> None:
        self._arguments = image, options, num_bands, data
        self.warnings: list[str] = []

    def __iter__(self) -> Iterator[RasterTiles]:
        """Yield up to ``options.batch_size`` tiles at a time.

        Raises:
            DataError: As in mapping, see :func:`~mmda.raster.mapping.predict.predict_raster`.
        """
        options = self._arguments[1]
        with opened_raster(*self._arguments) as (source, self.warnings):
            grid = MosaicGrid(source.grid.height, source.grid.width, options.side, overlap=0)
            pool = HandlePool()
            try:
                with closing(ahead(StripReader(source.reader(pool), grid), "reading")) as strips:
                    for strip in strips:
                        yield from _batches(strip, grid, options.batch_size)
            finally:
                pool.close()


def _batches(strip: Strip, grid: MosaicGrid, batch_size: int) -> Iterator[RasterTiles]:
    filled = [i for i, left in enumerate(grid.cols) if strip.has_data(left, grid.tile)]
    for start in range(0, len(filled), batch_size):
        columns = filled[start : start + batch_size]
        yield RasterTiles(
            np.stack([strip.tile(grid.cols[i], grid.tile) for i in columns]),
            np.stack([_counted(strip, grid, i) for i in columns]),
        )


def _counted(strip: Strip, grid: MosaicGrid, column: int) -> NDArray[np.bool_]:
    """Return the pixels with data that no tile above or to the left has."""
    left, side = grid.cols[column], grid.tile
    counted = strip.counted(left, side)
    if strip.index:
        counted[: grid.rows[strip.index - 1] + side - grid.rows[strip.index]] = False
    if column:
        counted[:, : grid.cols[column - 1] + side - left] = False
    return counted
