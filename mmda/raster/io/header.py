"""The header of a raster: size, bands, place, ground sample distance, validity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp

from mmda.errors import DataError
from mmda.raster.io.georeference import Georeference, georeference
from mmda.raster.io.ground import pixel_metres
from mmda.raster.io.handles import open_raster
from mmda.raster.io.nodata import NoData, read_nodata

DTYPES = ("uint8", "uint16", "float32")


@dataclass(frozen=True)
class RasterHeader:
    """The header of an image.

    Attributes:
        height: Pixels.
        width: Pixels.
        bands: 1-based indices of the image bands: those chosen, or all but opacity.
        dtype: ``uint8``, ``uint16`` or ``float32``.
        place: Where the raster lies.
        pixel: Metres on the ground that a pixel covers, down and across; ``None`` when unknown.
        missing: How the file marks pixels without data.
        white: The value that the file draws as black, where it draws 0 as white; else ``None``.
        scaling: Scale and offset tags of the image bands that differ from 1 and 0.
        block: Height and width (pixels) of the blocks that the file is read in.
    """

    height: int
    width: int
    bands: tuple[int, ...]
    dtype: str
    place: Georeference
    pixel: tuple[float, float] | None
    missing: NoData
    white: int | None = None
    scaling: tuple[tuple[float, float], ...] = ()
    block: tuple[int, int] = (1, 1)

    @property
    def crs(self) -> CRS | None:
        """Coordinate reference system, or ``None``."""
        return self.place.crs

    @property
    def transform(self) -> Affine | None:
        """Pixel to CRS coordinates, or ``None`` when the file is not georeferenced."""
        return self.place.transform

    @property
    def gsd(self) -> float | None:
        """Ground sample distance: side of a square as large as a pixel, metres; or ``None``."""
        return None if self.pixel is None else float(f"{math.sqrt(math.prod(self.pixel)):.9g}")

    @property
    def nodata(self) -> float | None:
        """The no-data value, or ``None``."""
        return self.missing.value

    @property
    def fill(self) -> float:
        """The value of invalid pixels in the tiles.

        The no-data value of an integer raster is kept; a float raster's would be an outlier
        (or NaN) in a network's input, so 0 is used, and the tile's mask marks these pixels.
        """
        kept = self.nodata is not None and np.dtype(self.dtype).kind == "u"
        return float(self.nodata or 0) if kept else 0.0


def read_header(
    path: str, nodata: float | None = None, bands: Sequence[int] | None = None
) -> RasterHeader:
    """Read the header of an image.

    Args:
        path: A path or URL that GDAL opens.
        nodata: No-data value that replaces the one in the file.
        bands: 1-based image bands in the order wanted; all but opacity by default.

    Raises:
        DataError: When the file cannot be opened, is of a kind that cannot be read, or lacks a
            band.
    """
    with open_raster(path) as dataset:
        _check_kind(dataset, path)
        missing = read_nodata(dataset, path, nodata, tuple(bands or ()))
        chosen = _choose_bands(dataset, path, missing.alpha, bands)
        place = georeference(dataset, path)
        return RasterHeader(
            height=dataset.height,
            width=dataset.width,
            bands=chosen,
            dtype=dataset.dtypes[0],
            place=place,
            pixel=pixel_metres(place.crs, place.transform, dataset.height, dataset.width),
            missing=missing,
            white=drawn_as_white(dataset),
            scaling=_scaling(dataset, chosen),
            block=dataset.block_shapes[0],
        )


def drawn_as_white(dataset: Any) -> int | None:
    """Return the largest value of a raster that draws 0 as white (MinIsWhite), else ``None``."""
    if dataset.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") != "YES":
        return None
    bits = dataset.tags(1, ns="IMAGE_STRUCTURE").get("NBITS")
    return 2 ** int(bits) - 1 if bits else int(np.iinfo(dataset.dtypes[0]).max)


def check_upright(dataset: Any, path: str) -> None:
    """Refuse a photograph that viewers turn: GDAL and OpenCV would read it as it lies in the file.

    Raises:
        DataError: When the file's EXIF orientation is another than upright.
    """
    orientation = dataset.tags().get("EXIF_Orientation", "1").strip()
    if orientation not in ("", "0", "1"):
        raise DataError(
            f"`{path}` has the EXIF orientation {orientation}: viewers turn it, so that image and "
            f"label would not match. Store it upright, e.g. `mogrify -auto-orient {path}`."
        )


def _check_kind(dataset: Any, path: str) -> None:
    if dataset.count == 0:
        raise DataError(
            f"`{path}` has no bands of its own; expected an image raster. If it holds several "
            "images, name one of those that `gdalinfo` lists."
        )
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
    check_upright(dataset, path)


def _choose_bands(
    dataset: Any, path: str, alpha: int | None, bands: Sequence[int] | None
) -> tuple[int, ...]:
    if bands is None:
        return tuple(i for i in dataset.indexes if i != alpha)
    absent = [band for band in bands if band not in dataset.indexes]
    if absent or not bands:
        raise DataError(
            f"`{path}` has {dataset.count} bands, but bands {absent} were asked for; expected "
            f"numbers from 1 to {dataset.count}."
        )
    return tuple(bands)


def _scaling(dataset: Any, bands: Sequence[int]) -> tuple[tuple[float, float], ...]:
    tags = tuple((dataset.scales[band - 1], dataset.offsets[band - 1]) for band in bands)
    return () if all(tag == (1.0, 0.0) for tag in tags) else tags
