"""A raster in strips of tiles, as the network is to see them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmda.raster.dataset.scene_reader import Pixels
from mmda.raster.io.fill import fill_invalid
from mmda.raster.io.reading import RasterReader
from mmda.raster.mapping.mosaic import MosaicGrid
from mmda.raster.windows import Window


@dataclass(frozen=True)
class Strip:
    """One strip of tiles.

    Attributes:
        index: Index of the strip in ``grid.rows``.
        image: ``(B, tile, padded width)`` in the raster's dtype.
        valid: ``(tile, padded width)``, False where there is no data and in the padding; ``None``
            where all is valid.
    """

    index: int
    image: NDArray[np.generic]
    valid: NDArray[np.bool_] | None

    def tile(self, left: int, size: int) -> NDArray[np.generic]:
        """Return a tile ``(B, tile, size)``; pixels without data take the nearest that has some."""
        image = self.image[:, :, left : left + size]
        if self.valid is None:
            return image
        valid = self.valid[:, left : left + size]
        filled = fill_invalid(np.moveaxis(image, 0, -1), valid)
        return np.moveaxis(filled, -1, 0)

    def counted(self, left: int, size: int) -> NDArray[np.bool_]:
        """Return which pixels of a tile hold data, ``(tile, size)``; a new array."""
        if self.valid is None:
            return np.ones((self.image.shape[1], size), bool)
        return self.valid[:, left : left + size].copy()

    def has_data(self, left: int, size: int) -> bool:
        """Tell whether a tile holds data."""
        return self.valid is None or bool(self.valid[:, left : left + size].any())


class StripReader:
    """Reads the strips of ``grid`` in order, the next one while the current one is used.

    Args:
        reader: Reads the raster on the grid that is mapped.
        grid: Where the tiles stand.
    """

    def __init__(self, reader: RasterReader, grid: MosaicGrid) -> None:
        self._reader = reader
        self.grid = grid

    def __iter__(self) -> Iterator[Strip]:
        with ThreadPoolExecutor(1, thread_name_prefix="strip-reader") as pool:
            count = len(self.grid.rows)
            pending = pool.submit(self.read, 0)
            for index in range(count):
                strip = pending.result()
                if index + 1 < count:
                    pending = pool.submit(self.read, index + 1)
                yield strip

    def read(self, index: int) -> Strip:
        """Read one strip, padded to ``(tile, padded width)``."""
        grid, top = self.grid, self.grid.rows[index]
        area = Window(top, 0, grid.tile, grid.width).clip(grid.height, grid.width)
        pixels = Pixels(*self._reader.read(area), None)
        whole = Window(0, 0, grid.tile, grid.padded_width)
        padded = pixels.cut(0, 0, whole, self._reader.header.fill)
        return Strip(index, padded.image, padded.valid)
