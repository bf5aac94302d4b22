"""Writing georeferenced masks and probabilities from the top down."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

IGNORE = 255
PROBABILITY_STEPS = 254
BLOCK = 256


class RowWriter:
    """Writes a tiled, compressed uint8 GeoTIFF from rows that arrive from the top down.

    Rows are gathered to whole block rows, so that no block is compressed twice.

    Args:
        path: The file to write.
        like: The raster whose CRS, transform (or ground control points) and size are taken over.
        count: Number of bands.
        options: More creation options.
    """

    def __init__(
        self, path: Path, like: rasterio.DatasetReader, count: int, **options: Any
    ) -> None:
        gcps, gcp_crs = like.gcps
        place = (
            {"gcps": gcps, "crs": gcp_crs}
            if gcps and like.crs is None
            else {"transform": like.transform, "crs": like.crs}
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            self.dataset = rasterio.open(
                path,
                "w",
                driver="GTiff",
                dtype="uint8",
                count=count,
                height=like.height,
                width=like.width,
                nodata=IGNORE,
                tiled=True,
                blockxsize=BLOCK,
                blockysize=BLOCK,
                compress="deflate",
                bigtiff="if_safer",
                **place,
                **options,
            )
        self._rows = np.empty((count, 0, like.width), dtype=np.uint8)
        self._top = 0

    def write(self, rows: NDArray[np.uint8]) -> None:
        """Append rows, ``(count, n, width)``."""
        self._rows = np.concatenate([self._rows, rows], axis=1)
        self._flush(self._rows.shape[1] // BLOCK * BLOCK)

    def _flush(self, rows: int) -> None:
        if rows:
            window = Window(0, self._top, self.dataset.width, rows)
            self.dataset.write(self._rows[:, :rows], window=window)
            self._top += rows
            self._rows = self._rows[:, rows:]

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush(self._rows.shape[1])
        self.dataset.close()


def mask_writer(
    path: Path,
    like: rasterio.DatasetReader,
    classes: Sequence[str] | None = None,
    palette: Sequence[Sequence[int]] | None = None,
) -> RowWriter:
    """Open a class mask: class ids from 0, 255 = no data, colour table, names in the tags.

    Args:
        path: The file to write.
        like: The raster that gives the georeference.
        classes: Class names; written as the JSON list of tag ``CLASSES``.
        palette: RGB 0..255 per class.
    """
    writer = RowWriter(path, like, 1)
    if palette:
        table = {i: (*map(int, rgb), 255) for i, rgb in enumerate(palette)}
        writer.dataset.write_colormap(1, {**table, IGNORE: (0, 0, 0, 0)})
    if classes:
        writer.dataset.update_tags(CLASSES=json.dumps(list(classes)))
    writer.dataset.set_band_description(1, "class")
    return writer


def probability_writer(
    path: Path, like: rasterio.DatasetReader, count: int, classes: Sequence[str] | None = None
) -> RowWriter:
    """Open a probability raster: one band per class, 0..254 with scale 1/254, 255 = no data."""
    writer = RowWriter(path, like, count, interleave="pixel", photometric="minisblack")
    writer.dataset.scales = [1 / PROBABILITY_STEPS] * count
    for band, name in enumerate(classes or [], 1):
        writer.dataset.set_band_description(band, str(name))
    return writer


def read_mask_classes(dataset: rasterio.DatasetReader) -> list[str] | None:
    """Return the class names that :func:`mask_writer` stored, or None."""
    stored = dataset.tags().get("CLASSES")
    return [str(name) for name in json.loads(stored)] if stored else None
