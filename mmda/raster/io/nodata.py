"""Which pixels of a raster hold no data: by tag, alpha band, mask band, NaN, or a given value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError
from rasterio.windows import Window

from mmda.raster.io.handles import unreadable

_OPAQUE = 128  # of an 8-bit alpha band: opaque by at least half
_FLOAT_ULPS = 2  # GDAL's tolerance for a float's no-data value


@dataclass(frozen=True)
class NoData:
    """How a raster marks the pixels that hold no data.

    A pixel is valid where the alpha band is opaque, the mask band is set, and its values are data.
    For integers a pixel is missing where *all* bands hold the no-data value (white roofs reach 255
    in single bands), for floats where *any* band does or is not finite.

    Attributes:
        value: The no-data value, or ``None``.
        alpha: 1-based index of the band of opacity, or ``None``.
        opaque: The smallest value of the alpha band that counts as opaque.
        masked: Whether the file carries a mask band.
    """

    value: float | None = None
    alpha: int | None = None
    opaque: float = _OPAQUE
    masked: bool = False

    @property
    def marked(self) -> bool:
        """Whether the raster marks pixels by a value, an alpha band or a mask band."""
        return self.value is not None or self.alpha is not None or self.masked

    def valid(
        self, dataset: Any, window: Window | None, image: np.ndarray, alpha: np.ndarray | None
    ) -> np.ndarray | None:
        """Return where a window holds data, ``(height, width)`` bool; ``None`` for everywhere.

        Args:
            dataset: The open raster.
            window: The window, in the raster's own pixels; ``None`` for the whole raster.
            image: Its values ``(bands, height, width)``, as they are in the file.
            alpha: The values of the alpha band ``(height, width)``, where there is one.
        """
        found = [holds_data(image, self.value)]
        if alpha is not None:
            found.append(alpha >= self.opaque)
        if self.masked:
            found.append(dataset.read_masks(1, window=window) >= _OPAQUE)
        known = [valid for valid in found if valid is not None]
        if not known:
            return None
        valid = np.logical_and.reduce(known)
        return None if valid.all() else valid


def read_nodata(
    dataset: Any, path: str, given: float | None = None, bands: tuple[int, ...] = ()
) -> NoData:
    """Find out how an open raster marks pixels that hold no data.

    The tag of the file counts where it has neither alpha nor mask band; a given value always does.

    Args:
        dataset: The open raster.
        path: Its path, for errors.
        given: A no-data value from the user, or ``None``.
        bands: Bands that the user chose as image bands; they never mask.

    Raises:
        DataError: When the alpha band cannot be read.
    """
    alpha, opaque = find_alpha(dataset, path)
    alpha = None if alpha in bands else alpha
    flags = dataset.mask_flag_enums[0]
    masked = MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags
    value = given
    if value is None and alpha is None and not masked:
        value = usable_nodata(dataset)
    return NoData(value, alpha, opaque, masked)


def usable_nodata(dataset: Any) -> float | None:
    """Return the no-data value of an open raster's tag, if its data type can hold it."""
    value = dataset.nodata
    dtype = np.dtype(dataset.dtypes[0])
    if value is None or dtype.kind == "f":
        return value
    info = np.iinfo(dtype)
    fits = not math.isnan(value) and info.min <= value <= info.max and value == int(value)
    return value if fits else None


def find_alpha(dataset: Any, path: str) -> tuple[int | None, float]:
    """Return the 1-based index of a band of opacity, or ``None``, and its first opaque value.

    GDAL tags the fourth band of any 8-bit GeoTIFF as alpha unless told otherwise, so a near
    infrared band often carries the tag. Opacity is 0 or full nearly everywhere; the first, middle
    and last block of the first, middle and last row of blocks are looked at.

    Raises:
        DataError: When the band cannot be read.
    """
    kinds = list(dataset.colorinterp)
    if ColorInterp.alpha not in kinds:
        return None, _OPAQUE
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
    if ((values > 1) & (values < full)).mean() >= 0.05:
        return None, _OPAQUE
    bits = values.dtype == np.uint8 and values.max() != 1
    return band, _OPAQUE if bits else 1e-6


def holds_data(image: np.ndarray, nodata: float | None) -> np.ndarray | None:
    """Return where pixels hold data by their values alone; ``None`` for everywhere.

    Args:
        image: ``(bands, height, width)``.
        nodata: The no-data value, or ``None``.
    """
    if image.dtype.kind == "f":
        missing = ~np.isfinite(image)
        if nodata is not None and math.isfinite(nodata):
            missing |= _equals(image, nodata)
        return None if not missing.any() else ~missing.any(axis=0)
    if nodata is None:
        return None
    return ~(image == nodata).all(axis=0)


def _equals(image: np.ndarray, nodata: float) -> np.ndarray:
    """Compare floats with GDAL's tolerance: tag and data are often rounded differently."""
    epsilon = float(np.finfo(image.dtype).eps)
    margin = epsilon * _FLOAT_ULPS * 2 * abs(nodata)
    return np.abs(image.astype(np.float64) - nodata) <= margin
