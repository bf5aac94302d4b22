"""A class mask that is read in blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.windows import Window
from tqdm import tqdm

from mmda.errors import DataError
from mmda.raster.io.georeference import georeference
from mmda.raster.io.handles import gdal_process, open_raster, quiet_georeference, unreadable
from mmda.raster.mapping.polygons.classes import class_table
from mmda.raster.mapping.polygons.ground import Ground
from mmda.raster.mapping.rasters import read_mask_classes


@dataclass(frozen=True)
class Block:
    """Rows of a mask.

    Attributes:
        values: (n, W), class id plus 1, 0 for what is not wanted.
        confidence: (n, W), probability of the pixel's class, 0 to 254, 255 for none; ``None``
            without probabilities.
    """

    values: NDArray[np.uint8]
    confidence: NDArray[np.uint8] | None


class Mask:
    """An open class mask, and perhaps the probabilities beside it.

    Args:
        path: A raster of one uint8 band with a CRS.
        probabilities: Its probabilities, as ``mmda predict --probabilities`` writes them.

    Attributes:
        names: Names of the classes; empty when it holds none.

    Raises:
        DataError: When a raster is unreadable or does not fit.
    """

    def __init__(self, path: Path | str, probabilities: Path | str | None = None) -> None:
        self.path = str(path)
        with ExitStack() as stack:
            stack.enter_context(quiet_georeference())
            stack.enter_context(gdal_process())
            self._dataset = stack.enter_context(open_raster(self.path))
            self.crs, self.transform = _place(self._dataset, self.path)
            self.names: list[str] = read_mask_classes(self._dataset) or []
            self._probabilities: Any = None
            if probabilities is not None:
                self._probabilities = stack.enter_context(open_raster(str(probabilities)))
                self._check_probabilities()
            self._stack = stack.pop_all()

    def __enter__(self) -> Mask:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def height(self) -> int:
        """Rows."""
        return self._dataset.height

    @property
    def width(self) -> int:
        """Columns."""
        return self._dataset.width

    @property
    def ground(self) -> Ground:
        """Measures of its pixels."""
        return Ground.of(self.crs, self.transform, self.height, self.width)

    @property
    def has_probabilities(self) -> bool:
        """Whether there are probabilities."""
        return self._probabilities is not None

    def blocks(self, classes: Sequence[int], block: int, progress: bool) -> Iterator[Block]:
        """Yield all rows from the top down.

        Args:
            classes: Ids of those that are wanted.
            block: A block has about so many pixels squared.
            progress: Show a progress bar on stderr.
        """
        table = class_table(classes)
        rows = max(1, block**2 // self.width)
        name = Path(self.path).name
        with tqdm(total=self.height, desc=name, unit="row", disable=not progress) as bar:
            for top in range(0, self.height, rows):
                window = Window(0, top, self.width, min(rows, self.height - top))
                values = table[_read(self._dataset, window, 1)]
                confidence = self._confidence(values, window) if self.has_probabilities else None
                yield Block(values, confidence)
                bar.update(window.height)

    def _confidence(self, values: NDArray[np.uint8], window: Window) -> NDArray[np.uint8]:
        probabilities = _read(self._probabilities, window)
        band = np.maximum(values, 1)[None] - 1
        return np.take_along_axis(probabilities, band, axis=0)[0]

    def _check_probabilities(self) -> None:
        mask, other = self._dataset, self._probabilities
        fits = (
            (other.height, other.width) == (mask.height, mask.width)
            and set(other.dtypes) == {"uint8"}
            and other.transform.almost_equals(mask.transform)
            and other.count >= max(len(self.names), 2)
        )
        if not fits:
            raise DataError(
                f"`{other.name}` does not fit the mask `{self.path}`: expected the probability of "
                f"each class as uint8 on the mask's {mask.height} x {mask.width} pixels, but got "
                f"{other.count} bands of {other.dtypes[0]} on {other.height} x {other.width}. "
                "`mmda predict --probabilities` writes such a raster beside the mask."
            )


def _read(dataset: Any, window: Window, band: int | None = None) -> NDArray[np.uint8]:
    try:
        return dataset.read(band, window=window)
    except (RasterioError, OSError) as error:
        raise unreadable(dataset.name, error) from error


def _place(dataset: rasterio.DatasetReader, path: str) -> tuple[CRS, Affine]:
    """Return CRS and transform of a raster, after a check that it is a mask."""
    if dataset.count != 1 or dataset.dtypes[0] != "uint8":
        raise DataError(
            f"`{path}` has {dataset.count} bands of {dataset.dtypes[0]}; expected a class mask of "
            "one uint8 band."
        )
    place = georeference(dataset, path)
    if place.crs is None or place.transform is None:
        raise DataError(
            f"`{path}` cannot be placed on the ground, so its areas in square metres are unknown; "
            f"polygons need a CRS: {place.advice}."
        )
    return place.crs, place.transform
