"""Label readers: class ids of any area of a scene's grid, from masks or from vectors."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np
from rasterio.errors import RasterioError
from rasterio.windows import Window as SourceWindow

from mmda.errors import DataError
from mmda.raster.decoding import WHITE, Decoder, parse_decode
from mmda.raster.io.grid import Grid
from mmda.raster.io.handles import HandlePool, unreadable
from mmda.raster.io.resample import resample_ids, source_area
from mmda.raster.labels.vectors import VectorBurner
from mmda.raster.scene import RasterLabels, Scene, VectorLabels
from mmda.raster.windows import Window


@contextmanager
def label_of(image: str) -> Iterator[None]:
    """Name the image in the errors about its label."""
    try:
        yield
    except DataError as error:
        raise type(error)(f"{error} It is the label of `{image}`.") from error


class LabelReader(Protocol):
    """Anything that gives the class ids of an area of the grid."""

    def read(self, area: Window) -> np.ndarray:
        """Return class ids ``(area.height, area.width)``, uint8, 255 = ignore."""


class MaskReader:
    """Reads a mask raster: native values, decoded, then resampled to the grid."""

    def __init__(self, spec: RasterLabels, grid: Grid, pool: HandlePool, decoder: Decoder) -> None:
        self._spec = spec
        self._grid = grid
        self._pool = pool
        self._decoder = decoder
        self._lock = threading.Lock()

    def read(self, area: Window) -> np.ndarray:
        """Return class ids ``(area.height, area.width)``, uint8, 255 = ignore.

        Raises:
            DataError: When the mask is damaged, or its values do not fit the rule.
        """
        path = self._spec.path
        dataset = self._pool.get(path)
        source = source_area(self._grid, area, dataset.height, dataset.width)
        bands = [min(band, dataset.count) for band in range(1, self._decoder.bands + 1)]
        window = SourceWindow(source.col, source.row, source.width, source.height)
        try:
            decoder = self._settled(dataset)
            values = dataset.read(bands, window=window)
        except RasterioError as error:
            raise unreadable(path, error) from error
        return resample_ids(decoder.decode(values, path), self._grid, area, source)

    def _settled(self, dataset: object) -> Decoder:
        """Settle ``binary`` once per file: its encoding shows in the maximum only."""
        with self._lock:
            if self._decoder.rule == "binary":
                self._decoder = self._decoder.resolve(_maximum(dataset), self._spec.path)
            return self._decoder


class VectorReader:
    """Burns vector features; the file is read at first use, once per scene."""

    def __init__(self, spec: VectorLabels, grid: Grid, classes: int) -> None:
        self._spec = spec
        self._grid = grid
        self._classes = classes
        self._lock = threading.Lock()
        self._burner: VectorBurner | None = None

    def read(self, area: Window) -> np.ndarray:
        """Return class ids ``(area.height, area.width)``, uint8, 255 = ignore.

        Raises:
            DataError: When a feature has no class.
        """
        with self._lock:
            if self._burner is None:
                self._burner = VectorBurner(self._spec, self._grid, self._classes)
        return self._burner.read(area)


def label_reader(
    scene: Scene, grid: Grid, pool: HandlePool, classes: Sequence[str]
) -> LabelReader | None:
    """Return the reader of a scene's labels, or ``None`` when it has none."""
    if scene.label is None:
        return None
    if isinstance(scene.label, VectorLabels):
        return VectorReader(scene.label, grid, len(classes))
    return MaskReader(scene.label, grid, pool, parse_decode(scene.label.decode, classes))


def _maximum(dataset: object) -> float:
    highest = 0.0
    for _, window in dataset.block_windows(1):  # type: ignore[attr-defined]
        highest = max(highest, float(dataset.read(1, window=window).max()))  # type: ignore[attr-defined]
        if highest >= WHITE:
            break
    return highest
