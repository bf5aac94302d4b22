"""Abutting sheets as one raster: a VRT, so that tiles see across the borders of sheets.

Gaps between sheets are no data: they hold the sheets' no-data value, are transparent where the
sheets have an alpha band, and are masked where they have neither.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from affine import Affine
from rasterio.crs import CRS

from mmda.errors import DataError
from mmda.raster.io.handles import gdal_path, open_raster, quiet_georeference
from mmda.raster.io.header import RasterHeader, read_header
from mmda.raster.scene import absolute_path

_OFF_GRID = 0.05  # pixels that a sheet may lie off the grid of the first one
_TYPES = {"uint8": "Byte", "uint16": "UInt16", "float32": "Float32"}


@dataclass(frozen=True)
class Sheet:
    """A raster that is part of a larger one.

    Attributes:
        path: What GDAL opens.
        header: Its header.
        row: Its first row in the larger one.
        col: Its first column there.
    """

    path: str
    header: RasterHeader
    row: int
    col: int


@dataclass(frozen=True)
class SheetRaster:
    """Sheets on one pixel grid.

    Attributes:
        height: Pixels.
        width: Pixels.
        transform: Pixel to CRS coordinates.
        crs: Coordinate reference system.
        sheets: The sheets.
    """

    height: int
    width: int
    transform: Affine
    crs: CRS
    sheets: Sequence[Sheet]

    def vrt(self) -> str:
        """Return the raster as the text of a VRT, which GDAL opens."""
        first = self.sheets[0]
        with quiet_georeference(), open_raster(first.path) as dataset:
            kinds, count = [kind.name for kind in dataset.colorinterp], dataset.count
        size = {"rasterXSize": str(self.width), "rasterYSize": str(self.height)}
        root = ET.Element("VRTDataset", size)
        ET.SubElement(root, "SRS", dataAxisToSRSAxisMapping="1,2").text = self.crs.to_wkt()
        place = ", ".join(repr(value) for value in self.transform.to_gdal())
        ET.SubElement(root, "GeoTransform").text = place
        missing, dtype = first.header.missing, _TYPES[first.header.dtype]
        for band in range(1, count + 1):
            node = ET.SubElement(root, "VRTRasterBand", dataType=dtype, band=str(band))
            if missing.value is not None:
                ET.SubElement(node, "NoDataValue").text = repr(missing.value)
            ET.SubElement(node, "ColorInterp").text = kinds[band - 1].capitalize()
            self._add_sources(node, str(band), missing.value)
        if missing.value is None and missing.alpha is None:
            mask = ET.SubElement(root, "MaskBand")
            self._add_sources(ET.SubElement(mask, "VRTRasterBand", dataType="Byte"), "mask,1", None)
        ET.indent(root)
        return ET.tostring(root, encoding="unicode") + "\n"

    def _add_sources(self, node: ET.Element, band: str, nodata: float | None) -> None:
        kind = "SimpleSource" if nodata is None else "ComplexSource"
        for sheet in self.sheets:
            source = ET.SubElement(node, kind)
            name = gdal_path(absolute_path(sheet.path))
            ET.SubElement(source, "SourceFilename", relativeToVRT="0").text = name
            ET.SubElement(source, "SourceBand").text = band
            size = {"xSize": str(sheet.header.width), "ySize": str(sheet.header.height)}
            ET.SubElement(source, "SrcRect", {"xOff": "0", "yOff": "0", **size})
            place = {"xOff": str(sheet.col), "yOff": str(sheet.row)}
            ET.SubElement(source, "DstRect", {**place, **size})
            if nodata is not None:
                ET.SubElement(source, "NODATA").text = repr(nodata)


def lay_sheets(images: Sequence[str]) -> SheetRaster:
    """Lay sheets on the pixel grid of the first one; where they overlap, the last one counts.

    Raises:
        DataError: When a sheet has no place, or another CRS, pixel size, grid, band count, data
            type or mark of no data than the first one.
    """
    with quiet_georeference():
        headers = [read_header(image) for image in images]
    first = headers[0]
    for image, header in zip(images, headers, strict=True):
        if differs := _difference(first, header):
            raise DataError(
                f"`{image}` cannot be mapped as one with `{images[0]}`: {differs}. Bring all "
                "sheets to one form first, for example with `gdalwarp`; or map them one by one."
            )
    assert first.transform is not None and first.crs is not None  # checked just now
    places = [_offset(first, header) for header in headers]
    top, left = (min(round(place[axis]) for place in places) for axis in (0, 1))
    sheets = [
        Sheet(image, header, round(row) - top, round(col) - left)
        for image, header, (row, col) in zip(images, headers, places, strict=True)
    ]
    return SheetRaster(
        max(sheet.row + sheet.header.height for sheet in sheets),
        max(sheet.col + sheet.header.width for sheet in sheets),
        first.transform @ Affine.translation(left, top),
        first.crs,
        sheets,
    )


def _difference(first: RasterHeader, other: RasterHeader) -> str | None:
    """Tell in words what keeps two sheets from being parts of one raster."""
    if other.crs is None or other.transform is None:
        return f"it cannot be placed on the ground, since {other.place.advice}"
    if other.white is not None:
        return "it is stored with white as 0 (MinIsWhite)"
    if first.crs is None or first.transform is None:
        return "the latter cannot be placed on the ground"
    if other.crs != first.crs:
        return f"it is in {other.crs.to_string()}, the latter in {first.crs.to_string()}"
    for what, mine, theirs in (
        ("bands", other.bands, first.bands),
        ("data type", other.dtype, first.dtype),
        ("mark of no data", _mark(other), _mark(first)),
    ):
        if mine != theirs:
            return f"its {what}: {_text(mine)}, that of the latter: {_text(theirs)}"
    mine, theirs = _linear(other.transform), _linear(first.transform)
    side = max(map(abs, theirs))
    if any(abs(a - b) * max(other.height, other.width) > _OFF_GRID * side
           for a, b in zip(mine, theirs, strict=True)):  # fmt: skip
        return (
            f"its pixels measure {_text(other.pixel)} m, those of the latter {_text(first.pixel)} m"
        )
    off = max(abs(value - round(value)) for value in _offset(first, other))
    if off > _OFF_GRID:
        return f"it lies {off:.2f} pixels off the grid of the latter"
    return None


def _linear(transform: Affine) -> tuple[float, ...]:
    return transform.a, transform.b, transform.d, transform.e


def _mark(header: RasterHeader) -> Any:
    value, missing = header.missing.value, header.missing
    comparable = "NaN" if value is not None and math.isnan(value) else value
    return comparable, missing.alpha, missing.masked


def _offset(first: RasterHeader, other: RasterHeader) -> tuple[float, float]:
    """Return row and column of a sheet's first pixel on the grid of the first sheet."""
    assert first.transform is not None and other.transform is not None
    col, row = ~first.transform @ (other.transform.c, other.transform.f)
    return row, col


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return " x ".join(_text(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
