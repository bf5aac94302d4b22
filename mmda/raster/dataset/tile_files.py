"""Reading the tiles of a dataset: GeoTIFF, PNG and JPEG images, PNG labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rasterio
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError

from mmda.errors import ConfigError, DataError
from mmda.raster.io.nodata import NoData

GEOTIFF = (".tif", ".tiff")
Row = dict[str, Any]


def read_tile(path: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Read the image of a tile, and which of its pixels are valid.

    GeoTIFFs are read with rasterio and keep their type; their mask band or no-data value marks
    pixels without data. PNG and JPEG are read with OpenCV; all their pixels count as valid.

    Returns:
        Image ``(H, W, B)``, bands in file order (RGB); and validity ``(H, W)``, bool, or ``None``
        where all is valid.

    Raises:
        DataError: When the file is missing or cannot be decoded.
    """
    if Path(path).suffix.lower() in GEOTIFF:
        return _read_geotiff(path)
    image = _decode(path)
    if image is None:
        raise _unreadable("image", path)
    if image.ndim == 2:
        return image[..., None], None
    code = cv2.COLOR_BGRA2RGBA if image.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(image, code)), None


def records_holes(row: Mapping[str, Any]) -> bool:
    """Tell whether it is known which pixels of a tile have data: of PNG and JPEG, if all have.

    Args:
        row: The tile's row of the manifest.
    """
    image = row["image"]
    plain = image is not None and Path(image).suffix.lower() not in GEOTIFF
    return row["valid_fraction"] == 1 or not plain


def measurable(rows: Sequence[Row], what: str) -> list[Row]:
    """Return the tiles on which the look of a domain can be measured: whole ones, if there are any.

    Args:
        rows: Rows of the manifest, of one split of a dataset.
        what: What they are of; the message begins with it.

    Raises:
        ConfigError: When no tile is whole and none records where it has data.
    """
    found = [row for row in rows if row["valid_fraction"] == 1] or list(filter(records_holes, rows))
    if not found:
        raise ConfigError(
            f"{what}: no tile is whole, and PNG and JPEG tiles do not record where they have data, "
            "so what is empty would count as content. Tile the rasters with --format tif."
        )
    return found


def read_nodata(path: str) -> float | None:
    """Return the no-data value of a GeoTIFF tile; PNG and JPEG have none.

    Raises:
        DataError: When the file is missing or cannot be decoded.
    """
    if Path(path).suffix.lower() not in GEOTIFF:
        return None
    try:
        with rasterio.open(path) as raster:
            return raster.nodata
    except RasterioError as error:
        raise _unreadable("image", path) from error


def read_label(path: str) -> np.ndarray:
    """Return the label at ``path`` as ``(H, W)`` uint8 class ids, 255 = ignore.

    Raises:
        DataError: When the file is missing, cannot be decoded or holds something else.
    """
    label = _decode(path)
    if label is None:
        raise _unreadable("label", path)
    if label.ndim != 2 or label.dtype != np.uint8:
        raise DataError(
            f"The label `{path}` has shape {label.shape} and type {label.dtype}; expected one "
            "band of uint8 class ids. Convert the masks with data_converters/folder.py."
        )
    return label


def pseudo_label_path(folder: str | Path, tile: str) -> Path:
    """Return the file of a tile's label in a folder of pseudo-labels."""
    return Path(folder) / "labels" / f"{tile}.png"


def _read_geotiff(path: str) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        with rasterio.open(path) as raster:
            bands = raster.read()
            flags = raster.mask_flag_enums[0]
            # A fourth band may carry GDAL's tag of opacity; in a tile all bands are measured.
            masked = MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags
            valid = NoData(raster.nodata, masked=masked).valid(raster, None, bands, None)
    except RasterioError as error:
        raise _unreadable("image", path) from error
    image = np.ascontiguousarray(np.moveaxis(bands, 0, -1))
    return image, valid


def _decode(path: str) -> np.ndarray | None:
    """Decode a PNG or JPEG; None where it is missing, damaged or truncated."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError:
        return None
    # OpenCV fills what a truncated JPEG lacks with grey; a whole one ends with its end marker.
    if path.lower().endswith((".jpg", ".jpeg")) and content[-2:].tobytes() != b"\xff\xd9":
        return None
    return cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None


def _unreadable(what: str, path: str) -> DataError:
    state = "is missing" if not Path(path).exists() else "cannot be decoded (truncated?)"
    return DataError(f"The {what} `{path}` {state}. Tile its scene again.")
