"""Whether a raster is one that a model can map, and at which ground sample distance."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from mmda.errors import DataError
from mmda.raster.dataset.training_data import TrainingData
from mmda.raster.io.handles import HandlePool
from mmda.raster.io.header import RasterHeader
from mmda.raster.io.reading import read_own
from mmda.raster.mapping.options import NATIVE, Gsd
from mmda.raster.scene import Scene
from mmda.raster.windows import Window

SAME = 1.1  # ratio of ground sample distances that needs no resampling
FAR = 1.5  # ratio from which objects are too large or small for the model
_SAMPLES, _SIDE = 4, 256  # windows per axis, pixels
_BRIGHTER, _DARKER = 1.5, 0.1  # share of the training data's largest value


@dataclass(frozen=True)
class Fit:
    """How a raster is to be mapped.

    Attributes:
        gsd: Metres per pixel to resample to; ``None`` keeps the raster's own pixels.
        warnings: What the user should know, in sentences.
    """

    gsd: float | None
    warnings: list[str]


def fit_raster(scene: Scene, header: RasterHeader, data: TrainingData | None, gsd: Gsd) -> Fit:
    """Compare a raster with the training data.

    Args:
        scene: The raster.
        header: Its header.
        data: What the training images were like; ``None`` when unknown.
        gsd: The user's choice.

    Raises:
        DataError: When the raster has another data type than the training data and its values
            cannot be theirs.
    """
    if data is None:
        return Fit(None if gsd is None or gsd == NATIVE else float(gsd), [])
    own = scene.nominal_gsd if header.gsd is None else header.gsd
    target = _target_gsd(own, data, gsd)
    found = _scale_warnings(scene.image, own, data, target)
    return Fit(target, [*found, *_value_warnings(scene.image, header, data)])


def _target_gsd(own: float | None, data: TrainingData, gsd: Gsd) -> float | None:
    if gsd == NATIVE:
        return None
    if gsd is not None:
        return float(gsd)
    if data.gsd is None or own is None:
        return None
    low, high = data.gsd
    if data.resampled:
        return low
    if low / SAME <= own <= high * SAME:
        return None
    return low if own < low else high


def _scale_warnings(
    path: str, own: float | None, data: TrainingData, target: float | None
) -> list[str]:
    if data.gsd is None:
        return []
    trained = " to ".join(f"{value:g}" for value in dict.fromkeys(data.gsd))
    if own is None:
        return [
            f"`{path}` has no ground sample distance; it is mapped pixel by pixel. The "
            f"model was trained at {trained} m/pixel: objects must have the same size in pixels."
        ]
    low, high = data.gsd
    used = own if target is None else target
    if max(low / used, used / high) > FAR:
        return [
            f"`{path}` is mapped at {used:g} m/pixel, but the model was trained at {trained} "
            "m/pixel: it knows objects of another size. Leave out --gsd to resample to the "
            "training data's."
        ]
    if own > high * FAR:
        return [
            f"`{path}` has {own:g} m/pixel, the model was trained at {trained} m/pixel: "
            "the raster is enlarged, but lacks the details that the model has learnt."
        ]
    return []


def _value_warnings(path: str, header: RasterHeader, data: TrainingData) -> list[str]:
    """Compare values; refuse where another data type shows that they mean something else."""
    if data.low is None or data.high is None:
        return []
    values = sample_values(path, header)
    if not values.size:
        return []
    bottom, top = (float(value) for value in np.percentile(values, (2, 98)))
    low, high = min(data.low), max(data.high)
    if low + _DARKER * (high - low) <= top <= high + (_BRIGHTER - 1) * (high - low):
        return []
    text = (
        f"`{path}` holds {header.dtype} values, most of them from {bottom:g} to {top:g}, but the "
        f"model was trained on {data.dtype} values from {low:g} to {high:g}."
    )
    if header.dtype == data.dtype:
        return [f"{text} Check that both are stored on the same scale."]
    kind = {"uint8": "Byte", "uint16": "UInt16", "float32": "Float32"}[data.dtype]
    raise DataError(
        f"{text} Bring the raster to the scale of the training data first, e.g. `gdal_translate "
        f"-ot {kind} -scale {bottom:g} {top:g} {low:g} {high:g} {path} SCALED.tif`."
    )


def sample_values(path: str, header: RasterHeader) -> np.ndarray:
    """Return the valid values of a few windows that are spread over a raster, flat."""
    pool = HandlePool()
    try:
        rows = _starts(header.height)
        cols = _starts(header.width)
        found = [_window_values(pool, path, header, r, c) for r, c in itertools.product(rows, cols)]
    finally:
        pool.close()
    return np.concatenate(found)


def _starts(length: int) -> list[int]:
    last = max(length - _SIDE, 0)
    return sorted({round(last * i / (_SAMPLES - 1)) for i in range(_SAMPLES)})


def _window_values(
    pool: HandlePool, path: str, header: RasterHeader, row: int, col: int
) -> np.ndarray:
    area = Window(row, col, _SIDE, _SIDE).clip(header.height, header.width)
    image, valid = read_own(pool.get(path), path, header, area)
    return image.ravel() if valid is None else image[:, valid].ravel()
