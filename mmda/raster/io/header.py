"""What a raster's header tells: size, bands, CRS, ground sample distance, validity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError

from mmda.errors import DataError
from mmda.raster.io.handles import open_raster, unreadable

DTYPES = ("uint8", "uint16", "float32")


@dataclass(frozen=True)
class RasterHeader:
    """The header of an image.

    Attributes:
        height: Pixels.
        width: Pixels.
        bands: 1-based indices of the image bands (all but opacity).
        dtype: ``uint8``, ``uint16`` or ``float32``.
        crs: Coordinate reference system, or ``None``.
        transform: Pixel to CRS coordinates, or ``None`` when the file is not georeferenced.
        gsd: Metres per pixel, or ``None`` when the file does not tell.
        nodata: No-data value, or ``None``.
        alpha: 1-based index of the band of opacity, or ``None``.
        masked: Whether the file carries a mask band.
        false_alpha: Whether a measured band (near infrared, say) is tagged as alpha.
        block: Height and width (pixels) of the blocks that the file is read in.
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
    false_alpha: bool = False
    block: tuple[int, int] = (1, 1)

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
        alpha = alpha_band(dataset, path)
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
            masked=MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags,
            false_alpha=alpha is None and ColorInterp.alpha in dataset.colorinterp,
            block=dataset.block_shapes[0],
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


def alpha_band(dataset: Any, path: str) -> int | None:
    """Return the 1-based index of a band of opacity, or ``None``.

    GDAL tags the fourth band of any 8-bit GeoTIFF as alpha unless told otherwise, so a near
    infrared band often carries the tag. Opacity is 0 or full nearly everywhere; the first, middle
    and last block of the first, middle and last row of blocks are looked at.
    """
    kinds = list(dataset.colorinterp)
    if ColorInterp.alpha not in kinds:
        return None
    band = kinds.index(ColorInterp.alpha) + 1
    height, width = dataset.block_shapes[band - 1]
    rows, cols = -(-dataset.height // height), -(-dataset.width // width)
    picks = {(r, c) for r in (0, rows // 2, rows - 1) for c in (0, cols // 2, cols - 1)}
    try:
        blocks = [
            dataset.read(band, window=dataset.block_window(band, r, c)).ravel()
            for r, c in sorted(picks)
        ]
    except RasterioError as error:
        raise unreadable(path, error) from error
    values = np.concatenate(blocks)
    full = 1 if values.dtype.kind == "f" else np.iinfo(values.dtype).max
    between = (values > 1) & (values < full)
    return band if between.mean() < 0.05 else None


def _usable_nodata(dataset: Any) -> float | None:
    value = dataset.nodata
    dtype = np.dtype(dataset.dtypes[0])
    if value is None or dtype.kind == "f":
        return value
    info = np.iinfo(dtype)
    fits = not math.isnan(value) and info.min <= value <= info.max and value == int(value)
    return value if fits else None
