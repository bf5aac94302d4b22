"""The reader of rasters: any area of a grid, with the validity of every pixel.

Tiling, training straight from rasters, statistics, translation and prediction all read here, so
the network sees the same pixels in training and on the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rasterio.errors import RasterioError

from mmda.raster.io.blank import BlankAreas, full_value
from mmda.raster.io.grid import Grid
from mmda.raster.io.handles import HandlePool, unreadable
from mmda.raster.io.header import RasterHeader
from mmda.raster.io.nodata import NoData
from mmda.raster.io.resample import resample_bands, source_area
from mmda.raster.io.sparse import is_blank
from mmda.raster.windows import Window


class RasterReader:
    """Reads areas of one raster's grid, from any number of threads.

    Args:
        path: A path or URL that GDAL opens.
        header: Its header.
        grid: The grid to read on.
        pool: Keeps the file open.
        white_area: Exactly white pixels are no data where at least so many are connected.
    """

    def __init__(
        self,
        path: str,
        header: RasterHeader,
        grid: Grid,
        pool: HandlePool,
        white_area: int | None = None,
    ) -> None:
        self.path, self.header, self.grid = path, header, grid
        self._pool = pool
        self._blank = None if white_area is None else BlankAreas(white_area)
        self._fill = header.fill
        if white_area is not None and header.nodata is None:
            self._fill = full_value(np.dtype(header.dtype))

    def read(self, area: Window) -> tuple[np.ndarray, np.ndarray | None]:
        """Read an area of the grid.

        Args:
            area: Pixels of the grid, inside it.

        Returns:
            Image ``(bands, height, width)`` in the raster's dtype, invalid pixels set to
            ``header.fill`` (blank ones keep their white where the file has no no-data value); and
            validity ``(height, width)``, bool, or ``None`` when all is valid.

        Raises:
            DataError: When the file is missing or damaged.
        """
        source = source_area(self.grid, area, self.header.height, self.header.width)
        image, valid = self._own(source)
        if not self.grid.native:
            image, valid = resample_bands(image, valid, self.grid, area, source)
        if valid is None or valid.all():
            return image, None
        image[:, ~valid] = self._fill
        return image, valid

    def not_stored(self, area: Window) -> bool:
        """Tell, without reading it, whether an area of the grid surely holds no data.

        Raises:
            DataError: When the file is missing or damaged.
        """
        source = source_area(self.grid, area, self.header.height, self.header.width)
        return is_blank(self._pool.get(self.path), self.header, source)

    def own_validity(self, area: Window) -> np.ndarray | None:
        """Return where the raster's own pixels hold data, whatever the grid.

        Where neither the file nor its data type can mark pixels, nothing is read.

        Args:
            area: The raster's own pixels, inside it.

        Returns:
            ``(height, width)``, bool, or ``None`` when all is valid.

        Raises:
            DataError: When the file is missing or damaged.
        """
        integers = np.dtype(self.header.dtype).kind == "u"  # which cannot be NaN
        if integers and not self.header.missing.marked and self._blank is None:
            return None
        return self._own(area)[1]

    def _own(self, area: Window) -> tuple[np.ndarray, np.ndarray | None]:
        """Read the raster's own pixels, and where they hold data."""
        dataset = self._pool.get(self.path)
        image, valid = read_own(dataset, self.path, self.header, area)
        if self._blank is None:
            return image, valid
        try:
            missing = self._blank.find(dataset, self.header.bands)
        except RasterioError as error:
            raise unreadable(self.path, error) from error
        if missing is not None:
            data = ~missing[area.slices]
            valid = data if valid is None else valid & data
        return image, valid


def read_own(
    dataset: Any, path: str, header: RasterHeader, area: Window
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read an image's own pixels, see :func:`read_values`.

    Raises:
        DataError: When the file is damaged.
    """
    try:
        return read_values(dataset, header.bands, area, header.missing, header.white)
    except RasterioError as error:
        raise unreadable(path, error) from error


def read_values(
    dataset: Any, bands: Sequence[int], area: Window, missing: NoData, white: int | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read the values of a raster's own pixels as they are meant, and where they are data.

    Args:
        dataset: The open raster.
        bands: 1-based bands.
        area: The raster's own pixels, inside it.
        missing: How the raster marks pixels without data.
        white: See :attr:`RasterHeader.white`; such values are turned round.

    Returns:
        Values ``(bands, height, width)``, and validity ``(height, width)``, bool, or ``None``
        when all is valid.
    """
    window = area.as_rasterio()
    extra = [] if missing.alpha is None else [missing.alpha]
    values = dataset.read([*bands, *extra], window=window)
    alpha = values[len(bands)] if extra else None
    image = values[: len(bands)]
    valid = missing.valid(dataset, window, image, alpha)
    return image if white is None else white - image, valid
