"""Label readers: class ids of any area of a scene's grid, from masks or from vectors."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from rasterio.errors import RasterioError

from mmda.errors import DataError
from mmda.raster.decoding import WHITE, Decoder, parse_decode
from mmda.raster.io.grid import Grid
from mmda.raster.io.handles import HandlePool, unreadable
from mmda.raster.io.header import drawn_as_white
from mmda.raster.io.nodata import NoData, read_nodata, usable_nodata
from mmda.raster.io.reading import read_values
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
    """Reads a mask raster: its own values, decoded, then resampled to the grid.

    Pixels that the mask itself gives as no data (by mask band, alpha, NaN or a no-data value that
    the decoding rule gives no class) become ignore.
    """

    def __init__(self, spec: RasterLabels, grid: Grid, pool: HandlePool, decoder: Decoder) -> None:
        self._spec = spec
        self._grid = grid
        self._pool = pool
        self._decoder = decoder
        self._lock = threading.Lock()
        self._settled: _Settled | None = None

    def read(self, area: Window) -> np.ndarray:
        """Return class ids ``(area.height, area.width)``, uint8, 255 = ignore.

        Raises:
            DataError: When the mask is damaged, or its values do not fit the rule.
        """
        path = self._spec.path
        dataset = self._pool.get(path)
        source = source_area(self._grid, area, dataset.height, dataset.width)
        bands = [min(band, dataset.count) for band in range(1, self._decoder.bands + 1)]
        try:
            with self._lock:
                self._settled = self._settled or _settle(dataset, self._decoder, path)
            decoder, missing, white = self._settled
            values, valid = read_values(dataset, bands, source, missing, white)
        except RasterioError as error:
            raise unreadable(path, error) from error
        return resample_ids(decoder.decode(values, path, valid), self._grid, area, source)


class VectorReader:
    """Burns vector features; the file is read at first use, once per scene."""

    def __init__(self, spec: VectorLabels, grid: Grid, classes: tuple[str, ...]) -> None:
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
        return VectorReader(scene.label, grid, tuple(classes))
    return MaskReader(scene.label, grid, pool, parse_decode(scene.label.decode, classes))


class _Settled(NamedTuple):
    """What is found out about a mask once, at first use."""

    decoder: Decoder
    missing: NoData
    white: int | None


def _settle(dataset: Any, decoder: Decoder, path: str) -> _Settled:
    """Find out which values are no data, and how ``binary`` is encoded."""
    missing, white = read_nodata(dataset, path), drawn_as_white(dataset)
    tag = usable_nodata(dataset)
    if decoder.rule == "binary":
        found = _maximum(dataset, white, None)
        if tag is not None and tag == found and tag > 1:
            others = _maximum(dataset, white, tag)
            if others < 1:
                raise DataError(
                    f"The label `{path}` holds 0 and {tag:g}, and {tag:g} is its no-data value, so "
                    "the decoding rule `binary` cannot tell classes from missing data. Give its "
                    f"rule: threshold:{tag:g} where {tag:g} is class 1, or idmap:0=0,{tag:g}=255."
                )
            if others == 1:
                return _Settled(decoder.resolve(1, path), replace(missing, value=tag), white)
        decoder = decoder.resolve(found, path)
    value = None if tag is None or decoder.covers(tag) else tag
    return _Settled(decoder, replace(missing, value=value), white)


def _maximum(dataset: Any, white: int | None = None, leave_out: float | None = None) -> float:
    """Return the largest value of band 1 that is not left out; from ``WHITE`` on, any such."""
    highest = 0.0
    for _, window in dataset.block_windows(1):
        values = dataset.read(1, window=window)
        values = values if white is None else white - values
        if leave_out is not None:
            values = values[values != leave_out]
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        highest = max(highest, float(finite.max(initial=0)))
        if highest >= WHITE:
            break
    return highest
