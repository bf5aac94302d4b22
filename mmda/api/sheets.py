"""Sheets that are mapped as one, and their maps, one for all or one per sheet."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import rasterio
from rasterio.windows import Window

from mmda.errors import ConfigError
from mmda.raster.io.handles import gdal_process, quiet_georeference
from mmda.raster.mapping.cog import SMALLEST
from mmda.raster.mapping.companions import Companions, write_companions
from mmda.raster.mapping.like import writer_like
from mmda.raster.mapping.sheets import Sheet, lay_sheets
from mmda.raster.mapping.sources import may_hold_key
from mmda.raster.mapping.write import Frame
from mmda.utils.files import atomic_write_text


def write_sheets(images: Sequence[str], vrt: Path, replace: bool) -> list[Sheet]:
    """Write the VRT of sheets, by which they are one raster, and return them.

    Args:
        images: The sheets.
        vrt: The file to write.
        replace: Whether another one may be there.

    Raises:
        DataError: When they cannot be one raster.
        ConfigError: When the file is there already and has other sheets.
    """
    raster = lay_sheets(images)
    text = raster.vrt()
    if vrt.exists() and not replace and vrt.read_text(encoding="utf-8") != text:
        raise ConfigError(
            f"`{vrt}` holds other sheets. Choose another output, or --overwrite to replace it."
        )
    atomic_write_text(vrt, text)
    return list(raster.sheets)


def warn_of_keys(images: Sequence[str], vrt: Path) -> None:
    """Warn of a VRT that stays, where the addresses of sheets may hold keys."""
    if any(map(may_hold_key, images)):
        warnings.warn(
            f"`{vrt}` holds the addresses of the sheets with all that may be a key to them, such "
            "as a signature after `?`. Do not pass it on; once the map is there you may remove it.",
            stacklevel=4,
        )


def sheets_name(images: Sequence[str]) -> str:
    """Return the name of the map of sheets: that of their folder, where they have one in common."""
    folders = {Path(image).parent.name for image in images}
    return folders.pop() if len(folders) == 1 and "" not in folders else "sheets"


def cut_sheet(
    rasters: dict[str, Path], sheet: Sheet, files: dict[str, Path], beside: Companions
) -> None:
    """Write the map of a sheet.

    Args:
        rasters: The rasters of the map of all sheets by kind.
        sheet: The sheet.
        files: The files to write by kind; the mask appears last.
        beside: What stands beside them.
    """
    header = sheet.header
    frame = Frame(header.height, header.width, {"transform": header.transform, "crs": header.crs})
    with quiet_georeference(), gdal_process():
        for kind in sorted(rasters, key=lambda kind: kind == "mask"):
            with (
                rasterio.open(rasters[kind]) as whole,
                writer_like(kind, whole, files[kind], frame) as writer,
            ):
                for top in range(0, header.height, SMALLEST):
                    rows = min(SMALLEST, header.height - top)
                    area = Window(sheet.col, sheet.row + top, header.width, rows)
                    writer.write(whole.read(window=area))
    write_companions(beside, files)
