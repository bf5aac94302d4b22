"""Windowed reading of images onto the target grid, with the validity of every pixel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from rasterio.enums import Resampling
from rasterio.windows import Window as SourceWindow

from mmda.raster.io.blank import BlankAreas, full_value
from mmda.raster.io.grid import Grid
from mmda.raster.io.header import RasterHeader
from mmda.raster.io.resample import resample_bands, source_area
from mmda.raster.windows import Window


def read_image(
    dataset: Any,
    header: RasterHeader,
    grid: Grid,
    area: Window,
    blank: BlankAreas | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read an area of the target grid.

    Shrinking averages (over valid pixels only), enlarging interpolates bilinearly. The value of
    a target pixel does not depend on the area it is read with (but for GDAL's rounding of ties),
    so tiles join without seams.

    Args:
        dataset: The open raster.
        header: Its header.
        grid: The target grid.
        area: Pixels of the grid, inside it.
        blank: Areas that hold no data although the file does not say so.

    Returns:
        Image ``(bands, height, width)`` in the raster's dtype, invalid pixels set to
        ``header.fill`` (blank ones keep their white where the file has no no-data value); and
        validity ``(height, width)``, bool, or ``None`` when all is valid.
    """
    missing = None if blank is None else blank.find(dataset)
    if missing is not None or (header.false_alpha and not grid.native):
        return _read_without_gdal(dataset, header, grid, area, missing)
    options = _read_options(grid, area)
    valid: np.ndarray | None
    if header.alpha is not None:
        stack = dataset.read([*header.bands, header.alpha], **options)
        image, valid = stack[:-1], _alpha_valid(stack[-1])
    else:
        image = dataset.read(list(header.bands), **options)
        valid = _validity(dataset, header, grid, image, options)
    return _fill_invalid(image, valid, header.fill)


def _fill_invalid(
    image: np.ndarray, valid: np.ndarray | None, fill: float
) -> tuple[np.ndarray, np.ndarray | None]:
    if image.dtype.kind == "f":
        finite = np.isfinite(image).all(axis=0)
        valid = finite if valid is None else valid & finite
    if valid is None or valid.all():
        return image, None
    image[:, ~valid] = fill
    return image, valid


def _read_without_gdal(
    dataset: Any, header: RasterHeader, grid: Grid, area: Window, missing: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read as the file is, then resample: GDAL would leave out pixels where a false alpha band
    is 0, and would mix blank areas into their neighbours.
    """
    native = replace(grid, height=header.height, width=header.width, step_y=1, step_x=1)
    source = source_area(grid, area, header.height, header.width)
    image, valid = read_image(dataset, header, native, source)
    if valid is None:
        valid = np.ones(image.shape[1:], bool)
    fill = header.fill
    if missing is not None:
        box = np.s_[source.row : source.row + source.height, source.col : source.col + source.width]
        valid = valid & ~missing[box]
        fill = fill if header.nodata is not None else full_value(image.dtype)
    if not grid.native:
        image, valid = resample_bands(image, valid, grid, area, source)
    return _fill_invalid(image, valid, fill)


def _read_options(grid: Grid, area: Window) -> dict[str, Any]:
    window = SourceWindow(
        area.col * grid.step_x,
        area.row * grid.step_y,
        area.width * grid.step_x,
        area.height * grid.step_y,
    )
    if grid.native:
        return {"window": window}
    resampling = Resampling.average if grid.shrinks else Resampling.bilinear
    return {"window": window, "out_shape": (area.height, area.width), "resampling": resampling}


def _validity(
    dataset: Any, header: RasterHeader, grid: Grid, image: np.ndarray, options: dict[str, Any]
) -> np.ndarray | None:
    if header.masked:
        return dataset.read_masks(1, **_with_shape(options, image)) >= 128
    if header.nodata is None:
        return None
    if grid.native:
        return _differs(image, header.nodata)
    # A pixel is valid when any of its bands is: white roofs reach 255 in single bands.
    masks = dataset.read_masks(list(header.bands), **_with_shape(options, image))
    return masks.max(axis=0) >= 128


def _differs(image: np.ndarray, nodata: float) -> np.ndarray:
    missing = np.isnan(image) if np.isnan(nodata) else image == nodata
    return ~missing.all(axis=0)


def _with_shape(options: dict[str, Any], image: np.ndarray) -> dict[str, Any]:
    if "out_shape" not in options or options["out_shape"] == image.shape:
        return options
    return {**options, "out_shape": image.shape[1:]}


def _alpha_valid(alpha: np.ndarray) -> np.ndarray:
    """Opaque by at least half; an alpha band of 0/1 counts as 0/opaque."""
    if alpha.dtype == np.uint8:
        return alpha >= 128 if alpha.max() > 1 else alpha > 0
    return alpha > 0
