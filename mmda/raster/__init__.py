"""Rasters in and out: tiling, manifests, windowed reading; light, without torch."""

from mmda.raster.engine import tile_dataset
from mmda.raster.manifest import read_dataset_info, read_manifest, read_manifest_table
from mmda.raster.scene import RasterLabels, Scene, VectorLabels

__all__ = [
    "RasterLabels",
    "Scene",
    "VectorLabels",
    "read_dataset_info",
    "read_manifest",
    "read_manifest_table",
    "tile_dataset",
]
