"""The pixels of any area of a scene's grid: image, validity and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmda.raster.decoding import IGNORE
from mmda.raster.io.grid import Grid, make_grid
from mmda.raster.io.handles import HandlePool
from mmda.raster.io.header import RasterHeader, read_header
from mmda.raster.io.reading import RasterReader
from mmda.raster.labels.readers import label_of, label_reader
from mmda.raster.scene import Scene
from mmda.raster.windows import Window


@dataclass(frozen=True)
class SceneGrid:
    """A scene on the pixel grid that it is read on.

    Attributes:
        scene: The scene.
        header: The header of its image.
        grid: The target grid.
    """

    scene: Scene
    header: RasterHeader
    grid: Grid

    @classmethod
    def of(cls, scene: Scene, gsd: float | None = None) -> SceneGrid:
        """Read a scene's header and lay its grid.

        Args:
            scene: The scene.
            gsd: Metres per pixel of the target grid; the raster's own when ``None``.

        Raises:
            DataError: When the image cannot be opened, or its own GSD is needed and unknown.
        """
        header = read_header(scene.image, scene.nodata, scene.bands)
        return cls(scene, header, make_grid(scene, header, gsd))

    def reader(self, pool: HandlePool) -> RasterReader:
        """Return the reader of the scene's image."""
        scene = self.scene
        return RasterReader(scene.image, self.header, self.grid, pool, scene.white_area)


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
        box = Window(row, col, size.height, size.width).slices
        image = self.image[:, box[0], box[1]]
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
    """Reads areas of one scene, from any number of threads; files are opened at first use.

    Args:
        source: The scene, its header and its grid.
        classes: Names of the classes.
        labelled: Whether to read the labels, where the scene has some.
    """

    def __init__(self, source: SceneGrid, classes: Sequence[str], labelled: bool = True) -> None:
        self._pool = HandlePool()
        self._image = source.reader(self._pool)
        self._labels = (
            label_reader(source.scene, source.grid, self._pool, classes) if labelled else None
        )

    def read(self, area: Window) -> Pixels:
        """Read an area inside the grid; its label is 255 where the image has no data.

        Raises:
            DataError: When the image or its label cannot be read or decoded.
        """
        with label_of(self._image.path):
            label = None if self._labels is None else self._labels.read(area)
        image, valid = self._image.read(area)
        if label is not None and valid is not None:
            label[~valid] = IGNORE
        return Pixels(image, valid, label)

    def close(self) -> None:
        """Close the scene's files; nothing may be reading."""
        self._pool.close()
