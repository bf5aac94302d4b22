"""Tiny rasters for the tests of the tiling engine."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from mmda.raster import RasterLabels, RunOptions, Scene, TileOptions, tile_dataset
from mmda.raster.mapping import predict as mapping
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.tiling.result import TileResult

UTM = "EPSG:32633"
ORIGIN = (500000.0, 5000000.0)


def affine(gsd: float) -> Affine:
    return Affine(gsd, 0, ORIGIN[0], 0, -gsd, ORIGIN[1])


def noise(bands: int, height: int, width: int, dtype: str = "uint8", seed: int = 0) -> np.ndarray:
    top = {"uint8": 255, "uint16": 10000, "float32": 255}[dtype]
    return np.random.default_rng(seed).integers(1, top, (bands, height, width)).astype(dtype)


def write(path: Path, array: np.ndarray, gsd: float | None = 0.5, crs: str | None = UTM, **options):
    """Write ``(bands, height, width)`` as a GeoTIFF (or what the suffix says)."""
    driver = {".tif": "GTiff", ".png": "PNG", ".jpg": "JPEG"}[path.suffix]
    profile = {"driver": driver, "count": array.shape[0], "dtype": array.dtype}
    profile.update(height=array.shape[1], width=array.shape[2])
    if gsd is not None and driver == "GTiff":
        profile.update(crs=crs, transform=affine(gsd))
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", **{**profile, **options}) as out:
        out.write(array)
    return path


def make_scenes(folder: Path, count: int = 2, height: int = 100, width: int = 130, **options):
    """Write ``count`` labelled scenes: the first in train, the others in val."""
    for index in range(count):
        write(folder / f"s{index}.tif", noise(3, height, width, seed=index), **options)
        ids = noise(1, height, width, seed=100 + index) > 128
        write(folder / f"m{index}.tif", ids.astype(np.uint8))
    return scenes_of(folder, count)


def scenes_of(folder: Path, count: int) -> list[Scene]:
    """Return the scenes that :func:`make_scenes` has written into a folder."""
    return [
        Scene(
            f"s{index}",
            str(folder / f"s{index}.tif"),
            "val" if index else "train",
            RasterLabels(str(folder / f"m{index}.tif")),
        )
        for index in range(count)
    ]


def tile(scenes, out: Path, **options) -> dict:
    """Tile and return the content of ``dataset.json``, see :func:`tiled`."""
    return tiled(scenes, out, **options).info


def tiled(scenes, out: Path, **options) -> TileResult:
    """Tile with options of :class:`TileOptions` and :class:`RunOptions`."""
    defaults = {"task": "t", "domain": "source", "classes": ("ground", "building"), "tile": 64}
    running = {f.name for f in fields(RunOptions)} & set(options)
    run = RunOptions(**{"progress": False, **{name: options.pop(name) for name in running}})
    return tile_dataset(scenes, out, TileOptions(**{**defaults, **options}), run)


def predict_raster(image, out: Path, predict, **options):
    """Map a raster with options of :class:`PredictOptions` and of :func:`predict_raster`."""
    named = {f.name for f in fields(PredictOptions)} - {
        "probabilities",
        "confidence",
        "entropy",
        "classes",
    }
    chosen = PredictOptions(**{name: options.pop(name) for name in named & set(options)})
    return mapping.predict_raster(image, out, predict, chosen, **options)


def read_image(path: Path) -> np.ndarray:
    with rasterio.open(path) as dataset:
        return dataset.read()


def snapshot(root: Path) -> dict[str, str]:
    """Return the digest of every file of a tiled dataset, by relative path."""
    return {
        str(path.relative_to(root)): hashlib.md5(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }
