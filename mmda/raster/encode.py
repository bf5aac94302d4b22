"""Writing tiles: GeoTIFF, PNG or JPEG images and PNG labels, each file whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS

from mmda.errors import ConfigError, DataError, did_you_mean
from mmda.utils.files import atomic_path

NO_TILES = "none"  # a manifest alone: training reads the windows from the rasters
FORMATS = ("tif", "png", "jpg", NO_TILES)
_PNG_BANDS = (1, 3)


def check_format(name: str, bands: int, dtype: str) -> None:
    """Raise a :class:`ConfigError` when an image format cannot hold the bands."""
    if name not in FORMATS:
        raise ConfigError(
            f"Unknown image format `{name}`; expected one of {', '.join(FORMATS)}."
            + did_you_mean(name, FORMATS)
        )
    dtypes = {"png": ("uint8", "uint16"), "jpg": ("uint8",)}.get(name)
    if dtypes is not None and (bands not in _PNG_BANDS or dtype not in dtypes):
        raise ConfigError(
            f"The format `{name}` holds 1 or 3 bands of {' or '.join(dtypes)}, but the images have "
            f"{bands} of {dtype}: use the format `tif`."
        )


def write_image(
    path: Path,
    image: np.ndarray,
    valid: np.ndarray | None = None,
    crs: CRS | None = None,
    transform: Affine | None = None,
    nodata: float | None = None,
) -> int:
    """Write one image tile atomically; the format follows the suffix.

    A GeoTIFF keeps CRS, transform and no-data; a tile with invalid pixels and no no-data value
    carries a mask band. PNG and JPEG hold the pixels alone.

    Args:
        path: Final path, ``.tif``, ``.png`` or ``.jpg``.
        image: ``(bands, height, width)``.
        valid: ``(height, width)``, bool; ``None`` when every pixel is valid.
        crs: CRS of the tile.
        transform: Affine transform of the tile.
        nodata: No-data value.

    Returns:
        Size of the file in bytes.
    """
    with atomic_path(path) as temporary:
        if path.suffix == ".tif":
            _write_geotiff(temporary, image, valid, crs, transform, nodata)
        else:
            # Any compression flag makes OpenCV's PNG encoder 2.3 times slower.
            flags = [cv2.IMWRITE_JPEG_QUALITY, 95] if path.suffix == ".jpg" else []
            _imwrite(temporary, np.ascontiguousarray(image[::-1].transpose(1, 2, 0)), flags)
        size = temporary.stat().st_size
    return size


def write_label(path: Path, label: np.ndarray) -> int:
    """Write class ids ``(height, width)`` as a single-band PNG; return its size in bytes."""
    with atomic_path(path) as temporary:
        _imwrite(temporary, label, [])
        return temporary.stat().st_size


def _imwrite(path: Path, array: np.ndarray, flags: list[int]) -> None:
    if not cv2.imwrite(str(path), array, flags):
        raise DataError(f"Cannot write `{path}`: is the disk full, or the folder write-protected?")


def _write_geotiff(
    path: Path,
    image: np.ndarray,
    valid: np.ndarray | None,
    crs: CRS | None,
    transform: Affine | None,
    nodata: float | None,
) -> None:
    bands, height, width = image.shape
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "height": height,
        "width": width,
        "count": bands,
        "dtype": image.dtype,
        "compress": "zstd",
        "zstd_level": 1,
        "predictor": 3 if image.dtype.kind == "f" else 2,
        "interleave": "pixel",
        "blockysize": min(64, height),
        "nodata": nodata,
        # By default GDAL declares the fourth of four 8-bit bands to be alpha.
        **({} if bands == 3 else {"photometric": "minisblack"}),
    }
    if transform is not None:
        profile.update(crs=crs, transform=transform)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as out:
        out.write(image)
        if valid is not None and nodata is None:
            out.write_mask(valid)
