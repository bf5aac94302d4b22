"""The pixels of any area of a scene's grid: image, validity and labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rasterio.errors import RasterioError

from mmda.raster.decoding import IGNORE
from mmda.raster.io.blank import BlankAreas
from mmda.raster.io.handles import HandlePool, unreadable
from mmda.raster.io.reading import read_image
from mmda.raster.labels.readers import label_of, label_reader
from mmda.raster.tiling.plan import ScenePlan
from mmda.raster.windows import Window


@dataclass
class Pixels:
    """A strip or tile in memory.

    Attributes:
        image: ``(bands, height, width)`` in the raster's dtype.
        valid: ``(height, width)``, bool; ``None`` when every pixel is valid.
        label: Class ids ``(height, width)``, uint8, 255 = ignore; ``None`` without labels.
    """

    image: np.ndarray
    valid: np.ndarray | None
    label: np.ndarray | None

    def cut(self, row: int, col: int, size: Window, fill: float) -> Pixels:
        """Cut out ``size`` pixels from ``row``, ``col``, padded where these pixels end."""
        box = (slice(row, row + size.height), slice(col, col + size.width))
        image = self.image[(slice(None), *box)]
        valid = None if self.valid is None else self.valid[box]
        label = None if self.label is None else self.label[box]
        below, right = size.height - image.shape[1], size.width - image.shape[2]
        if below or right:
            edges = ((0, below), (0, right))
            valid = np.ones(image.shape[1:], bool) if valid is None else valid
            valid = np.pad(valid, edges)
            image = np.pad(image, ((0, 0), *edges), constant_values=image.dtype.type(fill))
            label = None if label is None else np.pad(label, edges, constant_values=IGNORE)
        elif valid is not None and valid.all():
            valid = None
        return Pixels(image, valid, label)


class SceneReader:
    """Reads areas of one scene, from any number of threads."""

    def __init__(self, plan: ScenePlan, classes: tuple[str, ...], labelled: bool = True) -> None:
        """Prepare to read; files are opened at first use.

        Args:
            plan: The scene, its header and its grid.
            classes: Names of the classes.
            labelled: Whether to read the labels, where the scene has some.
        """
        self._plan = plan
        self._pool = HandlePool()
        self._labels = (
            label_reader(plan.scene, plan.grid, self._pool, classes) if labelled else None
        )
        white = plan.scene.white_area
        self._blank = None if white is None else BlankAreas(white)

    def read(self, area: Window) -> Pixels:
        """Read an area inside the grid; its label is 255 where the image has no data.

        Raises:
            DataError: When the image or its label cannot be read or decoded.
        """
        scene = self._plan.scene
        with label_of(scene.image):
            label = None if self._labels is None else self._labels.read(area)
        dataset = self._pool.get(scene.image, scene.nodata)
        try:
            image, valid = read_image(
                dataset, self._plan.header, self._plan.grid, area, self._blank
            )
        except RasterioError as error:
            raise unreadable(scene.image, error) from error
        if label is not None and valid is not None:
            label[~valid] = IGNORE
        return Pixels(image, valid, label)

    def close(self) -> None:
        """Close the scene's files; nothing may be reading."""
        self._pool.close()
        self._labels = self._blank = None
