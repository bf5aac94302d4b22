"""Checks of what the contenders of ``tiling.py`` wrote, tile by tile and pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import rasterio
from tiling_contenders import SUFFIXES, TILE, Task, tile_corners, torchgeo_corners

from mmda.raster import read_manifest


def check(contender: str, task: Task, out: Path) -> int:
    """Compare all tiles of a contender with the rasters, and their places with those planned.

    Args:
        contender: Its name in the table of ``tiling.py``.
        task: What it was to cut.
        out: Where it wrote.

    Returns:
        The number of tiles.

    Raises:
        AssertionError: For a wrong pixel, a missing tile or one too many.
    """
    if contender.startswith("mmda"):
        return check_mmda(task, out)
    if contender == "gdal_retile":
        return check_retile(task, out)
    with rasterio.open(task.image) as image:
        corners = torchgeo_corners if contender == "torchgeo" else tile_corners
        return check_plain(task, out, corners(image.height, image.width, task.stride))


def check_mmda(task: Task, out: Path) -> int:
    """Compare every tile with the raster, pixel by pixel; return their number."""
    with rasterio.open(task.image) as image, rasterio.open(task.mask) as mask:
        pixels, labels = image.read(), mask.read(1)
    rows = read_manifest(out)
    corners = tile_corners(*labels.shape, task.stride)
    assert sorted((row["row"], row["col"]) for row in rows) == corners, "other tiles than planned"
    for row in rows:
        box = np.s_[row["row"] : row["row"] + TILE, row["col"] : row["col"] + TILE]
        with rasterio.open(out / row["image"]) as dataset:
            np.testing.assert_array_equal(dataset.read(), pixels[(slice(None), *box)])
        label = cv2.imread(str(out / row["label"]), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(label, labels[box])
    return len(rows)


def check_retile(task: Task, out: Path) -> int:
    """Compare every tile of ``gdal_retile.py`` with the raster; return the number of images."""
    counts = []
    for path in (task.image, task.mask):
        with rasterio.open(path) as dataset:
            pixels = dataset.read()
        tiles = [p for p in (out / path.stem).iterdir() if p.suffix in (".tif", ".png")]
        for tile in tiles:
            row, col = ((int(n) - 1) * task.stride for n in tile.stem.split("_")[-2:])
            with rasterio.open(tile) as dataset:
                np.testing.assert_array_equal(
                    dataset.read(), pixels[:, row : row + TILE, col : col + TILE]
                )
        counts.append(len(tiles))
    assert counts[0] == counts[1], f"{counts[0]} images, {counts[1]} masks"
    return counts[0]


def check_plain(task: Task, out: Path, corners: list[tuple[int, int]]) -> int:
    """Compare every tile ``ROW_COL`` with the raster, which is 0 above and to the right."""
    with rasterio.open(task.image) as image, rasterio.open(task.mask) as mask:
        pixels = np.concatenate([image.read(), mask.read()])
    pixels = np.pad(pixels, ((0, 0), (TILE, 0), (0, TILE)))
    suffix = SUFFIXES[task.codec]
    written = {path.name for path in out.iterdir()}
    names = {f"{row}_{col}" for row, col in corners}
    assert written == {f"{n}{end}" for n in names for end in (f".{suffix}", "_mask.png")}
    for row, col in corners:
        expected = pixels[:, row + TILE : row + 2 * TILE, col : col + TILE]
        with rasterio.open(out / f"{row}_{col}.{suffix}") as dataset:
            np.testing.assert_array_equal(dataset.read(), expected[:-1])
        label = cv2.imread(str(out / f"{row}_{col}_mask.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(label, expected[-1])
    return len(corners)
