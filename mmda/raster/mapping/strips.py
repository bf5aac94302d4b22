"""A raster in strips of tiles, as the network is to see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmda.raster.dataset.scene_reader import Pixels
from mmda.raster.io.fill import fill_invalid
from mmda.raster.io.reading import RasterReader
from mmda.raster.mapping.bands import BandReader
from mmda.raster.mapping.mosaic import MosaicGrid
from mmda.raster.windows import Window

PART = 2048  # columns that are looked up in a file's index of blocks together


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

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.image.shape[1], self.image.shape[2]

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
    """Reads the strips of ``grid`` in order, every row of the raster once.

    Args:
        reader: Reads the raster on the grid that is mapped.
        grid: Where the tiles stand.
    """

    def __init__(self, reader: RasterReader | BandReader, grid: MosaicGrid) -> None:
        self._reader = reader
        self.grid = grid

    def __iter__(self) -> Iterator[Strip]:
        whole = Window(0, 0, self.grid.tile, self.grid.padded_width)
        pixels, end = None, 0
        for index, top in enumerate(self.grid.rows):
            area = Window(end, 0, top + self.grid.tile - end, self.grid.width)
            new = self._read(area.clip(self.grid.height, self.grid.width))
            pixels = new if pixels is None else _continued(pixels, end - top, new)
            padded = pixels.cut(0, 0, whole, self._reader.header.fill)
            yield Strip(index, padded.image, padded.valid)
            end = top + self.grid.tile

    def _read(self, area: Window) -> Pixels:
        """Read some rows, but for parts that hold no data by the file's index."""
        parts = [area._replace(col=left, width=min(PART, area.col + area.width - left))
                 for left in range(0, area.width, PART)]  # fmt: skip
        stored = [part for part in parts if not self._reader.not_stored(part)]
        if len(stored) == len(parts):
            return Pixels(*self._reader.read(area), None)
        header = self._reader.header
        shape = area.height, area.width
        if not stored:  # one value for all pixels takes no memory
            nothing = np.broadcast_to(
                np.asarray(header.fill, header.dtype), (len(header.bands), *shape)
            )
            return Pixels(nothing, np.broadcast_to(False, shape), None)
        image = np.full((len(header.bands), *shape), header.fill, header.dtype)
        valid = np.zeros(shape, bool)
        for part in stored:
            columns = slice(part.col, part.col + part.width)
            image[..., columns], data = self._reader.read(part)
            valid[:, columns] = True if data is None else data
        return Pixels(image, valid, None)


def _continued(before: Pixels, kept: int, new: Pixels) -> Pixels:
    """Return the last ``kept`` rows of some pixels with new ones below."""
    if not kept:
        return new
    if _is_empty(new) and before.valid is not None and not before.valid[-kept:].any():
        bands, rows, width = new.image.shape
        image = np.broadcast_to(new.image[:1, :1, :1], (bands, kept + rows, width))
        return Pixels(image, np.broadcast_to(False, image.shape[1:]), None)
    parts = before.image[:, -kept:], new.image
    image = np.concatenate(parts, axis=1)
    if before.valid is None and new.valid is None:
        return Pixels(image, None, None)
    masks = before.valid if before.valid is None else before.valid[-kept:], new.valid
    valid = [
        np.ones(part.shape[1:], bool) if mask is None else mask
        for part, mask in zip(parts, masks, strict=True)
    ]
    return Pixels(image, np.concatenate(valid), None)


def _is_empty(pixels: Pixels) -> bool:
    """Tell whether pixels are one value for all, as :class:`StripReader` makes where nothing is."""
    return pixels.valid is not None and pixels.image.strides == (0, 0, 0)
