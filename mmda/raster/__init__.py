"""Rasters in and out: tiling, manifests, windowed reading; light, without torch."""

from mmda.raster.dataset.manifest import read_dataset_info, read_manifest, read_manifest_table
from mmda.raster.scene import RasterLabels, Scene, VectorLabels
from mmda.raster.tiling.options import RunOptions, TileOptions
from mmda.raster.tiling.run import tile_dataset

__all__ = [
    "RasterLabels",
    "RunOptions",
    "Scene",
    "TileOptions",
    "VectorLabels",
    "read_dataset_info",
    "read_manifest",
    "read_manifest_table",
    "tile_dataset",
]
