"""The pixel grid of a raster after resampling to the target ground sample distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

from affine import Affine
from rasterio.crs import CRS

from mmda.errors import DataError
from mmda.raster.io.header import RasterHeader
from mmda.raster.scene import Scene
from mmda.raster.windows import Window


@dataclass(frozen=True)
class Grid:
    """A pixel grid over the extent of a raster.

    Attributes:
        height: Pixels.
        width: Pixels.
        step_y: Source pixels per grid pixel, down; 1 when nothing is resampled.
        step_x: Source pixels per grid pixel, across.
        crs: Coordinate reference system, or ``None``.
        transform: Grid pixel to CRS coordinates, or ``None``.
        gsd: Metres on the ground per grid pixel, or ``None`` when unknown.
        nominal: Whether the GSD is the nominal one of the data set, not the file's.
    """

    height: int
    width: int
    step_y: float
    step_x: float
    crs: CRS | None
    transform: Affine | None
    gsd: float | None
    nominal: bool

    @property
    def native(self) -> bool:
        """Whether the grid is the source's own."""
        return self.step_y == 1 and self.step_x == 1

    def tile_transform(self, window: Window) -> Affine | None:
        """Return the affine transform of a window, or ``None`` without georeference."""
        if self.transform is None:
            return None
        return self.transform @ Affine.translation(window.col, window.row)


def make_grid(scene: Scene, header: RasterHeader, gsd: float | None) -> Grid:
    """Lay a grid of square ground pixels over a raster (the raster's own pixels by default).

    The number of pixels is rounded, so that the grid covers exactly the extent of the raster. A
    scene that asks for a size gets a grid of that size.

    Args:
        scene: The raster; its nominal GSD is used where the file has none.
        header: Its header.
        gsd: Metres on the ground per grid pixel, along both axes; ``None`` keeps the raster's.

    Raises:
        DataError: When ``gsd`` is given and the raster's own is unknown.
    """
    pixel = header.pixel
    nominal = pixel is None and scene.nominal_gsd is not None
    if pixel is None and scene.nominal_gsd is not None:
        pixel = (scene.nominal_gsd, scene.nominal_gsd)
    known = scene.nominal_gsd if nominal else header.gsd
    height, width = header.height, header.width
    if scene.size is not None:
        height, width = scene.size
    elif gsd is not None:
        if pixel is None:
            raise DataError(
                f"Cannot resample `{scene.image}` to {gsd} m: its ground sample distance is "
                f"unknown, since {header.place.advice}. Or give the ground sample distance of its "
                "pixels with --nominal-gsd METRES."
            )
        height = max(1, round(height * pixel[0] / gsd))
        width = max(1, round(width * pixel[1] / gsd))
    step_y, step_x = header.height / height, header.width / width
    transform = header.transform
    if transform is not None:
        transform = transform @ Affine.scale(step_x, step_y)
    result = known if (height, width) == (header.height, header.width) else gsd
    if scene.size is not None and known is not None:
        result = known * math.sqrt(step_y * step_x)
    return Grid(height, width, step_y, step_x, header.crs, transform, result, nominal)
