"""Writing a raster from rows that arrive from the top down."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
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
    """Writes a tiled uint8 GeoTIFF from rows that arrive from the top down.

    Rows are gathered to whole block rows, so that no block is compressed twice. The compression is
    the quickest that every reader knows; blocks without data are left out.

    Args:
        path: The file to write.
        frame: Size and place.
        count: Number of bands.
        options: More creation options.
    """

    def __init__(self, path: Path, frame: Frame, count: int, **options: Any) -> None:
        self._path = path
        with warnings.catch_warnings(), explained(path):
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
                zlevel=1,
                sparse_ok=True,
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
            with explained(self._path):
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
            with explained(self._path):
                self.dataset.close()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise a :class:`DataError` in place of what GDAL raises when it cannot write a map."""
    try:
        yield
    except (RasterioError, OSError) as error:
        raise DataError(
            f"A map cannot be written to `{path.parent}` ({error}). Is the disk full, or was the "
            "folder removed?"
        ) from error
