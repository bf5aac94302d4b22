"""Whole rasters shrunk to a picture, read a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rasterio.errors import RasterioError

from mmda.raster.dataset.scene_reader import SceneGrid
from mmda.raster.io.grid import Grid
from mmda.raster.io.handles import HandlePool, open_raster, quiet_georeference, unreadable
from mmda.raster.io.resample import resample_ids, source_area
from mmda.raster.scene import Scene, safe_name
from mmda.raster.windows import Window

_ROWS = 64  # of the picture, at a time


def shrunk_image(path: Path | str, max_side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first three bands of a raster, averaged.

    Args:
        path: The raster.
        max_side: Longer side of the picture in pixels; a smaller raster keeps its size.

    Returns:
        Image ``(bands, height, width)`` in the raster's dtype, and validity ``(height, width)``.

    Raises:
        DataError: When the raster cannot be read.
    """
    scene = Scene(safe_name(Path(path).stem) or "scene", str(path))
    pool = HandlePool()
    with quiet_georeference():
        header = SceneGrid.of(scene).header
        scale = min(1.0, max_side / max(header.height, header.width))
        size = (max(1, round(header.height * scale)), max(1, round(header.width * scale)))
        scene = Scene(scene.name, scene.image, bands=header.bands[:3], size=size)
        source = SceneGrid.of(scene)
        reader = source.reader(pool)
        try:
            parts = [reader.read(area) for area in _areas(*size)]
        finally:
            pool.close()
    valid = [np.ones(image.shape[1:], bool) if data is None else data for image, data in parts]
    return np.concatenate([image for image, _ in parts], axis=1), np.concatenate(valid)


def shrunk_ids(path: Path | str, size: tuple[int, int]) -> np.ndarray:
    """Return the commonest class ids of a mask in a picture of a size (height, width).

    Raises:
        DataError: When the mask cannot be read.
    """
    with quiet_georeference(), open_raster(str(path)) as dataset:
        steps = (dataset.height / size[0], dataset.width / size[1])
        grid = Grid(*size, *steps, crs=None, transform=None, gsd=None, nominal=False)
        parts = []
        for area in _areas(*size):
            source = source_area(grid, area, dataset.height, dataset.width)
            try:
                ids = dataset.read(1, window=source.as_rasterio())
            except RasterioError as error:
                raise unreadable(str(path), error) from error
            parts.append(resample_ids(ids, grid, area, source))
    return np.concatenate(parts)


def _areas(height: int, width: int) -> Iterator[Window]:
    for row in range(0, height, _ROWS):
        yield Window(row, 0, min(_ROWS, height - row), width)
