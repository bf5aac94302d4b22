"""Small files beside a map: a style for QGIS, a picture and a catalogue item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from mmda.raster.io.handles import quiet_georeference, unreadable
from mmda.raster.mapping.legend import read_legend
from mmda.raster.mapping.quicklook import quicklook
from mmda.raster.mapping.stac import stac_item
from mmda.raster.mapping.style import qgis_style
from mmda.raster.mapping.write import explained
from mmda.utils.files import atomic_write_bytes, atomic_write_json, atomic_write_text


@dataclass(frozen=True)
class Companions:
    """The files beside a mask.

    Attributes:
        style: QGIS style, ``.qml``.
        quicklook: Picture, PNG.
        item: STAC item, JSON.
    """

    style: Path
    quicklook: Path
    item: Path


def write_companions(files: Companions, assets: Mapping[str, Path]) -> None:
    """Write what stands beside a finished map.

    Args:
        files: The files to write.
        assets: The files of the map by kind, ``mask`` among them, all in the folder of ``files``.

    Raises:
        DataError: When the mask cannot be read, or the files cannot be written.
    """
    path = assets["mask"]
    try:
        with quiet_georeference(), rasterio.open(path) as mask:
            legend = read_legend(mask)
            picture = quicklook(mask, legend)
            more = {"quicklook": files.quicklook, "style": files.style}
            item = stac_item(mask, {**assets, **more}, legend)
    except RasterioError as error:
        raise unreadable(str(path), error) from error
    with explained(path):
        atomic_write_text(files.style, qgis_style(legend))
        atomic_write_bytes(files.quicklook, picture)
        atomic_write_json(files.item, item)
