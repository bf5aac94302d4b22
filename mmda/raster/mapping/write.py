"""Writing georeferenced masks and probabilities from the top down."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from mmda.errors import DataError
from mmda.raster.dataset.scene_reader import SceneGrid
from mmda.raster.decoding import IGNORE
from mmda.raster.mapping.rows import STEPS
from mmda.utils.names import check_name

BLOCK = 256


@dataclass(frozen=True)
class Frame:
    """Size and place of a map.

    Attributes:
        height: Pixels.
        width: Pixels.
        place: What ``rasterio.open`` takes: CRS and transform, or ground control points.
    """

    height: int
    width: int
    place: dict[str, Any]

    @classmethod
    def of(cls, source: SceneGrid, own_pixels: bool) -> Frame:
        """Return the frame of a map of a raster, on its own pixels or on the grid it is read on."""
        header, grid = source.header, source.grid
        if own_pixels or grid.native:
            place = {"transform": header.transform, "crs": header.crs}
            if header.place.gcps is not None:
                points, crs = header.place.gcps
                place = {"gcps": points, "crs": crs}
            return cls(header.height, header.width, place)
        return cls(grid.height, grid.width, {"transform": grid.transform, "crs": grid.crs})


class RowWriter:
    """Writes a tiled, compressed uint8 GeoTIFF from rows that arrive from the top down.

    Rows are gathered to whole block rows, so that no block is compressed twice.

    Args:
        path: The file to write.
        frame: Size and place.
        count: Number of bands.
        options: More creation options.
    """

    def __init__(self, path: Path, frame: Frame, count: int, **options: Any) -> None:
        self._path = path
        with warnings.catch_warnings(), self._explained():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            self.dataset = rasterio.open(
                path,
                "w",
                driver="GTiff",
                dtype="uint8",
                count=count,
                height=frame.height,
                width=frame.width,
                nodata=IGNORE,
                tiled=True,
                blockxsize=BLOCK,
                blockysize=BLOCK,
                compress="deflate",
                bigtiff="if_safer",
                **frame.place,
                **options,
            )
        self._rows = np.empty((count, 0, frame.width), dtype=np.uint8)
        self._top = 0

    def write(self, rows: NDArray[np.uint8]) -> None:
        """Append rows, ``(count, n, width)``."""
        self._rows = np.concatenate([self._rows, rows], axis=1)
        self._flush(self._rows.shape[1] // BLOCK * BLOCK)

    def _flush(self, rows: int) -> None:
        if rows:
            window = Window(0, self._top, self.dataset.width, rows)
            with self._explained():
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
        try:
            if kind is None:
                self._flush(self._rows.shape[1])
        finally:
            with self._explained():
                self.dataset.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (RasterioError, OSError) as error:
            raise DataError(
                f"A map cannot be written to `{self._path.parent}` ({error}). Is the disk full, or "
                "was the folder removed?"
            ) from error


def mask_writer(
    path: Path,
    frame: Frame,
    classes: Sequence[str] | None = None,
    palette: Sequence[Sequence[int]] | None = None,
    tags: Mapping[str, str] | None = None,
) -> RowWriter:
    """Open a class mask: class ids from 0, 255 = no data, colour table, names in the tags.

    Args:
        path: The file to write.
        frame: Size and place.
        classes: Class names; written as the JSON list of tag ``CLASSES``.
        palette: RGB 0..255 per class.
        tags: More tags.
    """
    writer = RowWriter(path, frame, 1)
    if palette:
        table = {i: (*map(int, rgb), 255) for i, rgb in enumerate(palette)}
        writer.dataset.write_colormap(1, {**table, IGNORE: (0, 0, 0, 0)})
    named = {"CLASSES": json.dumps(list(classes))} if classes else {}
    writer.dataset.update_tags(**(tags or {}), **named)
    writer.dataset.set_band_description(1, "class")
    return writer


def share_writer(path: Path, frame: Frame, count: int, names: Sequence[str]) -> RowWriter:
    """Open a raster of shares of 0..1: 0..254 with scale 1/254, 255 = no data.

    Args:
        path: The file to write.
        frame: Size and place.
        count: Number of bands.
        names: Names of the bands; none where they are unknown.
    """
    writer = RowWriter(path, frame, count, interleave="pixel", photometric="minisblack")
    writer.dataset.scales = [1 / STEPS] * count
    for band, name in enumerate(names, 1):
        writer.dataset.set_band_description(band, str(name))
    return writer


def read_mask_classes(dataset: rasterio.DatasetReader) -> list[str] | None:
    """Return the class names that :func:`mask_writer` stored, or None.

    Raises:
        DataError: When the file's tag holds something else than lines of text.
    """
    stored = dataset.tags().get("CLASSES")
    if not stored:
        return None
    try:
        names = list(json.loads(stored))
    except (ValueError, TypeError) as error:
        raise DataError(
            f"`{dataset.name}`: the tag CLASSES is no list of names in JSON ({error}). Correct it "
            "with `gdal_edit.py -mo`, or take it away."
        ) from error
    for name in names:
        check_name("class", name, DataError)
    return names
