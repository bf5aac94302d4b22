"""Reading a tile and its label."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmda.errors import DataError
from mmda.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadTile(BaseTransform):
    """Read a tile as (H, W, B), bands in file order (RGB), and its label as (H, W) uint8.

    GeoTIFF tiles are read with rasterio and keep their type (uint8, uint16, float32); PNG and JPEG
    tiles with OpenCV. The label is read where the record has ``seg_map_path``; where it has none,
    ``valid_map`` tells the pixels with data (by the GeoTIFF's no-data value) in its stead.

    Required keys: ``img_path``, ``seg_map_path`` (optional). Added keys: ``img``, ``img_shape``,
    ``ori_shape``, ``seg_fields``, and ``gt_seg_map`` or ``valid_map`` (H, W).

    Raises:
        DataError: When a file cannot be read, or image and label differ in size.
    """

    def transform(self, results: dict) -> dict:
        """Read the tile of ``results``."""
        image, nodata = read_image_and_nodata(results["img_path"])
        results["img"] = image
        results["img_shape"] = results["ori_shape"] = image.shape[:2]
        label_path = results.get("seg_map_path")
        if label_path is not None:
            label = read_label(label_path)
            if label.shape != image.shape[:2]:
                raise DataError(
                    f"The image `{results['img_path']}` has {image.shape[:2]} pixels, its label "
                    f"`{label_path}` {label.shape}; they must agree. Tile the scene again."
                )
            results["gt_seg_map"] = label
            results["seg_fields"] = ["gt_seg_map"]
        else:
            results["valid_map"] = valid_pixels(image, nodata)
            results["seg_fields"] = ["valid_map"]
        return results


def valid_pixels(image: np.ndarray, nodata: float | None) -> np.ndarray:
    """Return 1 where any band of ``image`` (H, W, B) has data, else 0, as (H, W) uint8."""
    if nodata is None:
        return np.ones(image.shape[:2], np.uint8)
    empty = np.isnan(image) if np.isnan(nodata) else image == nodata
    return (~empty.all(axis=2)).astype(np.uint8)


def read_image(path: str) -> np.ndarray:
    """Return the image at ``path`` as (H, W, B), bands in file order."""
    return read_image_and_nodata(path)[0]


def read_image_and_nodata(path: str) -> tuple[np.ndarray, float | None]:
    """Return the image at ``path`` as (H, W, B), and its no-data value where it has one."""
    if Path(path).suffix.lower() in (".tif", ".tiff"):
        import rasterio
        from rasterio.errors import RasterioError

        try:
            with rasterio.open(path) as raster:
                return np.ascontiguousarray(np.moveaxis(raster.read(), 0, -1)), raster.nodata
        except RasterioError as error:
            raise _unreadable("image", path) from error
    image = _decode(path)
    if image is None:
        raise _unreadable("image", path)
    if image.ndim == 2:
        return image[..., None], None
    code = cv2.COLOR_BGRA2RGBA if image.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return cv2.cvtColor(image, code), None


def read_label(path: str) -> np.ndarray:
    """Return the label at ``path`` as (H, W) uint8 class ids, 255 = ignore."""
    label = _decode(path)
    if label is None:
        raise _unreadable("label", path)
    if label.ndim != 2 or label.dtype != np.uint8:
        raise DataError(
            f"The label `{path}` has shape {label.shape} and type {label.dtype}; expected one "
            "band of uint8 class ids. Convert the masks with data_converters/folder.py."
        )
    return label


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
