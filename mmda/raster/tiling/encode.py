"""Encoding and writing tiles: GeoTIFF, PNG or JPEG images and PNG labels."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import deflate
import numpy as np
from affine import Affine
from rasterio.crs import CRS

from mmda.errors import ConfigError, DataError, check_choice
from mmda.raster.tiling.geotiff import GeoTiffEncoder, interleaved
from mmda.raster.tiling.png import encode_png
from mmda.utils.files import atomic_write_bytes

NO_TILES = "none"  # a manifest alone: training reads the windows from the rasters
FORMATS = ("tif", "png", "jpg", NO_TILES)
_PNG_BANDS = (1, 3)


def check_format(name: str, bands: int, dtype: str) -> None:
    """Raise a :class:`ConfigError` when an image format cannot hold the bands."""
    check_choice("image format", name, FORMATS)
    dtypes = {"png": ("uint8", "uint16"), "jpg": ("uint8",)}.get(name)
    if dtypes is not None and (bands not in _PNG_BANDS or dtype not in dtypes):
        raise ConfigError(
            f"The format `{name}` holds 1 or 3 bands of {' or '.join(dtypes)}, but the images have "
            f"{bands} of {dtype}: use the format `tif`."
        )


class Written(NamedTuple):
    """A written file: its size in bytes, and the CRC-32 of its content."""

    size: int
    crc32: int


class ImageEncoder:
    """Encodes the image tiles of one scene; safe to use from several threads."""

    def __init__(self, format: str, crs: CRS | None, nodata: float | None) -> None:
        """Prepare to encode.

        Args:
            format: ``tif``, ``png`` or ``jpg``; the latter two hold pixels alone.
            crs: See :class:`GeoTiffEncoder`.
            nodata: See :class:`GeoTiffEncoder`.
        """
        self._format = format
        self._geotiff = GeoTiffEncoder(crs, nodata)

    def encode(
        self, image: np.ndarray, valid: np.ndarray | None = None, transform: Affine | None = None
    ) -> bytes | memoryview:
        """Return a tile as the bytes of a file.

        Args:
            image: ``(bands, height, width)``.
            valid: ``(height, width)``, bool; ``None`` when every pixel is valid.
            transform: Affine transform of the tile.
        """
        if self._format == "tif":
            return self._geotiff.encode(image, valid, transform)
        if self._format == "png":
            return encode_png(interleaved(image))
        return _encode_jpeg(interleaved(image[::-1]))  # OpenCV takes blue first


def encode_label(label: np.ndarray) -> bytes:
    """Return class ids ``(height, width)`` as the bytes of a single-band PNG."""
    return encode_png(label)


def write_tile(path: Path, data: bytes | memoryview) -> Written:
    """Write an encoded tile, whole or not at all.

    Raises:
        DataError: When the disk does not take it.
    """
    try:
        atomic_write_bytes(path, data)
    except OSError as error:
        raise DataError(
            f"Cannot write `{path}` ({error}): is the disk full, or the folder write-protected?"
        ) from error
    return Written(len(data), deflate.crc32(data))


def _encode_jpeg(pixels: np.ndarray) -> memoryview:
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
    if not done:
        raise DataError(f"OpenCV cannot encode a JPEG of {pixels.shape}, {pixels.dtype}.")
    return data.reshape(-1).data
