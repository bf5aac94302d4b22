"""Measuring the shapes of a raster on the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError
from rasterio.crs import CRS

from mmda.raster.io.ground import local_equal_area_crs, metres_per_unit, to_degrees

Shapes = NDArray[np.object_]
STEP = 8.0  # pixels around a place, over which its scale is measured


@dataclass(frozen=True)
class Ground:
    """Turns shapes in pixels of a raster (column, row) into its CRS and measures them.

    Attributes:
        transform: Pixel to CRS coordinates.
        scale: Metres per CRS unit along x and y, at the centre of the raster.
        equal_area: To a CRS whose areas are those on the ellipsoid; ``None`` for a CRS that has no
            place on the globe, whose own areas count.
    """

    transform: Affine
    scale: tuple[float, float]
    equal_area: Transformer | None

    @classmethod
    def of(cls, crs: CRS, transform: Affine, height: int, width: int) -> Ground:
        """Return the measures of a raster."""
        centre = transform @ (width / 2, height / 2)
        scale = metres_per_unit(crs, *centre)
        try:
            longitude, _ = to_degrees(crs, *centre)
        except ProjError:
            return cls(transform, scale, None)
        equal_area = local_equal_area_crs(longitude)
        return cls(transform, scale, Transformer.from_crs(crs.to_wkt(), equal_area, always_xy=True))

    @property
    def pixel_metres(self) -> tuple[float, float]:
        """Width and height of a pixel in metres, at the centre of the raster."""
        metres = self._matrix
        return float(np.hypot(*metres[:, 0])), float(np.hypot(*metres[:, 1]))

    @property
    def _matrix(self) -> NDArray[np.float64]:
        """Pixels to metres east and north of the raster's corner."""
        t = self.transform
        return np.array(self.scale)[:, None] * np.array([[t.a, t.b], [t.d, t.e]])

    def to_crs(self, shapes: Shapes) -> Shapes:
        """Return shapes in coordinates of the CRS."""
        t = self.transform
        matrix, corner = np.array([[t.a, t.b], [t.d, t.e]]), np.array([t.c, t.f])
        return shapely.transform(shapes, lambda points: points @ matrix.T + corner)

    def to_metres(self, shapes: Shapes) -> Shapes:
        """Return shapes in metres east and north of the raster's corner."""
        return shapely.transform(shapes, lambda points: points @ self._matrix.T)

    def from_metres(self, shapes: Shapes) -> Shapes:
        """Return shapes in pixels whose corners are corners of pixels."""
        inverse = np.linalg.inv(self._matrix)
        return shapely.transform(shapes, lambda points: np.rint(points @ inverse.T))

    def areas(self, shapes: Shapes) -> NDArray[np.float64]:
        """Return areas on the ellipsoid in square metres, by the scale at each shape's centroid."""
        centres = shapely.get_coordinates(shapely.centroid(shapes))
        return shapely.area(shapes) * self.pixel_areas(centres)

    def pixel_areas(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the area of a pixel at places, square metres.

        Args:
            places: Columns and rows, (n, 2).
        """
        if self.equal_area is None:
            return np.full(len(places), abs(float(np.linalg.det(self._matrix))))
        steps = [(-STEP, 0.0), (STEP, 0.0), (0.0, -STEP), (0.0, STEP)]
        west, east, north, south = (self._equal_area(places + step) for step in steps)
        x, y = (east - west).T, (south - north).T
        return np.abs(x[0] * y[1] - x[1] * y[0]) / (2 * STEP) ** 2

    def _equal_area(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        assert self.equal_area is not None
        return np.stack(self.equal_area.transform(*(self.transform @ tuple(places.T))), axis=1)

    def orientations(self, shapes: Shapes) -> NDArray[np.float64]:
        """Return the direction of the long sides of the smallest rectangles around shapes.

        Returns:
            Degrees clockwise from the CRS's north, 0 to below 180, to a tenth.
        """
        rectangles = shapely.oriented_envelope(self.to_metres(shapes))
        corners = shapely.get_coordinates(shapely.get_exterior_ring(rectangles)).reshape(-1, 5, 2)
        sides = np.diff(corners[:, :3], axis=1)
        lengths = np.hypot(sides[..., 0], sides[..., 1])
        longer = (lengths[:, 1] > lengths[:, 0] * (1 + 1e-9)).astype(int)
        long = sides[np.arange(len(sides)), longer]
        return np.round(np.degrees(np.arctan2(long[:, 0], long[:, 1])), 1) % 180
