"""Reading a tile and its label."""

from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform

from mmda.errors import DataError
from mmda.raster.dataset.scene_reader import Pixels
from mmda.raster.dataset.tile_files import read_label, read_tile
from mmda.raster.decoding import IGNORE
from mmda.raster.io.fill import fill_invalid
from mmda.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadTile(BaseTransform):
    """Read a tile as (H, W, B), bands in file order (RGB), and its label as (H, W) uint8.

    GeoTIFF tiles are read with rasterio and keep their type (uint8, uint16, float32); PNG and JPEG
    tiles with OpenCV. The label is read if the record has ``seg_map_path``, and mapped by
    ``label_map``. ``valid_map`` marks the pixels with data, by the GeoTIFF's mask or no-data value;
    a labelled tile gets it only if it has pixels without data. Those pixels get the values of the
    nearest pixels with data, as in mapping, and the label 255. Records of
    :class:`~mmda.datasets.RasterWindowDataset` already have ``pixels``, which are used in place of
    files.

    Required keys: ``img_path`` or ``pixels``; optional: ``seg_map_path``, ``label_map`` (a dict of
    old to new ids, as in MMSegmentation).
    Added keys: ``img``, ``img_shape``, ``ori_shape``, ``seg_fields``, and ``gt_seg_map``,
    ``valid_map`` (H, W) or both.

    Raises:
        DataError: When a file cannot be read, or image and label differ in size.
    """

    def transform(self, results: dict) -> dict:
        """Read the tile of ``results``."""
        pixels: Pixels | None = results.pop("pixels", None)
        if pixels is None:
            image, valid = read_tile(results["img_path"])
            label = _read_label(results, image)
        else:
            image = np.ascontiguousarray(np.moveaxis(pixels.image, 0, -1))
            valid = pixels.valid
            label = _read_label(results, image) if "seg_map_path" in results else pixels.label
        results["img"] = image if valid is None else fill_invalid(image, valid)
        results["img_shape"] = results["ori_shape"] = image.shape[:2]
        results["seg_fields"] = []
        if label is not None:
            label = _mapped(label, results.get("label_map"))
            results["gt_seg_map"] = label if valid is None else np.where(valid, label, IGNORE)
            results["seg_fields"] += ["gt_seg_map"]
        if label is None or valid is not None:
            valid = np.ones(image.shape[:2], bool) if valid is None else valid
            results["valid_map"] = valid.astype(np.uint8)
            results["seg_fields"] += ["valid_map"]
        return results


def _mapped(label: np.ndarray, label_map: dict[int, int] | None) -> np.ndarray:
    if label_map is None:
        return label
    table = np.arange(256, dtype=np.uint8)
    table[list(label_map)] = list(label_map.values())
    return table[label]


def _read_label(results: dict, image: np.ndarray) -> np.ndarray | None:
    path = results.get("seg_map_path")
    if path is None:
        return None
    label = read_label(path)
    if label.shape != image.shape[:2]:
        raise DataError(
            f"The image `{results['img_path']}` has {image.shape[:2]} pixels, its label "
            f"`{path}` {label.shape}; they must agree. Tile the scene again."
        )
    return label
