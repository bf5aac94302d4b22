"""What a raster's header tells: size, bands, CRS, ground sample distance, validity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags

from mmda.errors import DataError
from mmda.raster.handles import open_raster

DTYPES = ("uint8", "uint16", "float32")


@dataclass(frozen=True)
class RasterHeader:
    """The header of an image.

    Attributes:
        height: Pixels.
        width: Pixels.
        bands: 1-based indices of the image bands (all but alpha).
        dtype: ``uint8``, ``uint16`` or ``float32``.
        crs: Coordinate reference system, or ``None``.
        transform: Pixel to CRS coordinates, or ``None`` when the file is not georeferenced.
        gsd: Metres per pixel, or ``None`` when the file does not tell.
        nodata: No-data value, or ``None``.
        alpha: 1-based index of the alpha band, or ``None``.
        masked: Whether the file carries a mask band.
    """

    height: int
    width: int
    bands: tuple[int, ...]
    dtype: str
    crs: CRS | None
    transform: Affine | None
    gsd: float | None
    nodata: float | None
    alpha: int | None
    masked: bool

    @property
    def fill(self) -> float:
        """The value of invalid pixels in the tiles.

        The no-data value of an integer raster is kept; a float raster's would be an outlier
        (or NaN) in a network's input, so 0 is used, and the tile's mask tells it apart.
        """
        kept = self.nodata is not None and np.dtype(self.dtype).kind == "u"
        return float(self.nodata or 0) if kept else 0.0


def read_header(path: str, nodata: float | None = None) -> RasterHeader:
    """Read the header of an image.

    Args:
        path: A path or URL that GDAL opens.
        nodata: No-data value that replaces the one in the file.

    Raises:
        DataError: When the file cannot be opened, or is of a kind that cannot be tiled.
    """
    with open_raster(path, nodata) as dataset:
        _check_kind(dataset, path)
        alpha = next(
            (
                i
                for i, kind in zip(dataset.indexes, dataset.colorinterp, strict=True)
                if kind == ColorInterp.alpha
            ),
            None,
        )
        flags = dataset.mask_flag_enums[0]
        transform = None if dataset.transform == Affine.identity() else dataset.transform
        return RasterHeader(
            height=dataset.height,
            width=dataset.width,
            bands=tuple(i for i in dataset.indexes if i != alpha),
            dtype=dataset.dtypes[0],
            crs=dataset.crs,
            transform=transform,
            gsd=ground_sample_distance(dataset.crs, transform, dataset.height, dataset.width),
            nodata=_usable_nodata(dataset),
            alpha=alpha,
            masked=MaskFlags.per_dataset in flags and alpha is None,
        )


def ground_sample_distance(
    crs: CRS | None, transform: Affine | None, height: int, width: int
) -> float | None:
    """Return the mean ground size of a pixel in metres, or ``None`` when it is unknown.

    It is the square root of a pixel's area; in a geographic CRS measured on the ellipsoid at the
    centre of the raster.
    """
    if crs is None or transform is None:
        return None
    if not crs.is_geographic:
        factor = crs.linear_units_factor[1] if crs.is_projected else 1.0
        return float(f"{math.sqrt(abs(transform.determinant)) * factor:.9g}")
    from pyproj import Geod

    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    points = [transform * (width / 2 + x, height / 2 + y) for x, y in corners]
    xs, ys = zip(*points, strict=True)
    area, _ = Geod(ellps="WGS84").polygon_area_perimeter(xs, ys)
    return float(f"{math.sqrt(abs(area)):.9g}")


def _check_kind(dataset: Any, path: str) -> None:
    if dataset.dtypes[0] not in DTYPES or len(set(dataset.dtypes)) > 1:
        raise DataError(
            f"`{path}` holds {', '.join(sorted(set(dataset.dtypes)))} values; expected one of "
            f"{', '.join(DTYPES)}. Convert it first, e.g. `gdal_translate -ot Float32`."
        )
    if dataset.count == 1 and dataset.colorinterp[0] == ColorInterp.palette:
        raise DataError(
            f"`{path}` is a palette image: its values are colour numbers, no measurements. "
            "Convert it first: `gdal_translate -expand rgb`."
        )


def _usable_nodata(dataset: Any) -> float | None:
    value = dataset.nodata
    dtype = np.dtype(dataset.dtypes[0])
    if value is None or dtype.kind == "f":
        return value
    info = np.iinfo(dtype)
    fits = not math.isnan(value) and info.min <= value <= info.max and value == int(value)
    return value if fits else None
