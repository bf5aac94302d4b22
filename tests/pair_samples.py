"""Tiny tiled domains for the tests of pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from affine import Affine
from raster_samples import ORIGIN, noise, tile, write

from mmda.raster import RasterLabels, Scene

SIDE = 64  # pixels of a tile; a scene is two tiles


def domain(
    folder: Path,
    name: str,
    splits: str = "train train val",
    *,
    bands: int = 3,
    dtype: str = "uint8",
    scale: float = 1.0,
    labelled: tuple[str, ...] = ("train", "val", "test"),
    east: float = 0.0,
    gsd: float | None = 0.5,
    ids: int = 2,
    seed: int = 0,
    scene_names: list[str] | None = None,
    **options,
) -> Path:
    """Write and tile abutting scenes, one per split, from ``east`` metres on; return the folder."""
    scenes = []
    for index, split in enumerate(splits.split()):
        image = (noise(bands, SIDE, 2 * SIDE, dtype, seed + index) * scale).astype(dtype)
        x = ORIGIN[0] + east + index * 2 * SIDE * (gsd or 1)
        place = Affine(gsd or 1, 0, x, 0, -(gsd or 1), ORIGIN[1])
        placed = {} if gsd is None else {"transform": place}
        stem = scene_names[index] if scene_names else f"{name}{index}"
        path = write(folder / "raw" / name / f"{stem}.tif", image, gsd, **placed)
        label = None
        if split in labelled:
            mask = (noise(1, SIDE, 2 * SIDE, seed=50 + seed + index) % ids).astype(np.uint8)
            mask_path = write(folder / "raw" / name / f"{stem}_mask.tif", mask, None)
            label = RasterLabels(str(mask_path))
        scenes.append(Scene(stem, str(path), split, label))
    options = {"classes": ("ground", "building"), "domain": name, "workers": 1, **options}
    tile(scenes, folder / name, **options)
    return folder / name
