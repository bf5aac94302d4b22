"""Parts of a raster that hold no data by its file's index of blocks alone, without decoding any."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from mmda.raster.io.header import RasterHeader
from mmda.raster.io.nodata import holds_data
from mmda.raster.windows import Window

_SMALLEST = 64 * 64  # pixels; blocks that are smaller are read sooner than they are looked up


def is_blank(dataset: Any, header: RasterHeader, area: Window) -> bool:
    """Tell whether a GeoTIFF stores no block of an area, and such blocks hold no data.

    GDAL reads a block that is not stored as the file's no-data value, or as 0.

    Args:
        dataset: The open raster.
        header: Its header.
        area: The raster's own pixels, inside it.
    """
    height, width = header.block
    if dataset.driver != "GTiff" or height * width < _SMALLEST:
        return False
    bands = _blank_bands(dataset, header)
    if dataset.tags(ns="IMAGE_STRUCTURE").get("INTERLEAVE") == "PIXEL":
        bands = bands[:1]
    rows = range(area.row // height, -(-(area.row + area.height) // height))
    cols = range(area.col // width, -(-(area.col + area.width) // width))
    places = itertools.product(bands, cols, rows)
    stored = (_stored(dataset, band, col, row) for band, col, row in places)
    return bool(bands) and not any(stored)


def _blank_bands(dataset: Any, header: RasterHeader) -> list[int]:
    """Return the bands whose blocks must all be missing for an area to hold no data."""
    missing = header.missing
    value = 0 if dataset.nodata is None else dataset.nodata
    if missing.alpha is not None:
        return [missing.alpha] if value < missing.opaque else []
    pixel = np.full((len(header.bands), 1, 1), value).astype(header.dtype)
    valid = holds_data(pixel, missing.value)
    return [] if valid is None or valid.any() else list(header.bands)


def _stored(dataset: Any, band: int, col: int, row: int) -> bool:
    return dataset.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=band) is not None
