"""Tiny files in the layouts of the named datasets, and what their tests have in common."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import rasterio

from mmda.raster import read_manifest

DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".png": "PNG", ".jpg": "JPEG"}


def save(path: Path, array: np.ndarray, **options) -> Path:
    """Write ``(bands, height, width)`` or ``(height, width)`` in the format of the suffix."""
    array = array if array.ndim == 3 else array[None]
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"count": len(array), "height": array.shape[1], "width": array.shape[2]}
    profile.update(driver=DRIVERS[path.suffix], dtype=array.dtype)
    with rasterio.open(path, "w", **{**profile, **options}) as out:
        out.write(array)
    return path


def noise(height: int = 32, width: int = 32, seed: int = 0, bands: int = 3) -> np.ndarray:
    """Return a random image without pure white."""
    return np.random.default_rng(seed).integers(0, 255, (bands, height, width)).astype(np.uint8)


def box(height: int = 32, width: int = 32, value: int = 1, dtype: str = "uint8") -> np.ndarray:
    """Return a mask ``(height, width)`` of 0 with a block of ``value``."""
    mask = np.zeros((height, width), dtype)
    mask[8:20, 4:24] = value
    return mask


def read(path: Path) -> np.ndarray:
    """Return ``(bands, height, width)``."""
    with rasterio.open(path) as dataset:
        return dataset.read()


def rows(out: Path, **wanted) -> list[dict]:
    """Return the manifest's rows whose columns have the wanted values."""
    return [r for r in read_manifest(out) if all(r[k] == v for k, v in wanted.items())]


def label(out: Path, **wanted) -> np.ndarray:
    """Return the label ``(height, width)`` of the only tile that has the wanted values."""
    (row,) = rows(out, **wanted)
    return read(out / row["label"])[0]


def splits(out: Path) -> dict[str, str]:
    """Return the split of every scene."""
    return {row["scene"]: row["split"] for row in read_manifest(out)}


def notes(out: Path) -> str:
    """Return the notes of the conversion, one per line."""
    return "\n".join(json.loads((out / "conversion.json").read_text())["notes"])
