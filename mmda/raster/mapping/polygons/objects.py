"""Objects with their attributes from the complete parts of a mask."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import shapely
from numpy.typing import NDArray

from mmda.raster.mapping.polygons.ground import Ground, Shapes
from mmda.raster.mapping.polygons.options import PolygonOptions
from mmda.raster.mapping.polygons.parts import Complete
from mmda.raster.mapping.polygons.rings import Rings, link_rings
from mmda.raster.mapping.polygons.runs import Ints
from mmda.raster.mapping.rows import STEPS


@dataclass(frozen=True)
class Objects:
    """Objects, in the order in which they end, by bands, and begin.

    Attributes:
        geometry: Polygons, or multi-polygons where pixels are joined at their corners.
        id: Number of the first pixel in reading order.
        class_id: Class.
        area_m2: Area on the ellipsoid of what is written, square metres.
        pixels: Number of pixels.
        orientation: Direction of the long side, degrees from north, 0 to 180.
        confidence: Mean probability of the class over the pixels, NaN where there is none.
    """

    geometry: Shapes
    id: Ints
    class_id: Ints
    area_m2: NDArray[np.float64]
    pixels: Ints
    orientation: NDArray[np.float64]
    confidence: NDArray[np.float64]

    def __getitem__(self, which: NDArray) -> Objects:
        return Objects(*(getattr(self, field.name)[which] for field in fields(self)))


class ObjectMaker:
    """Makes objects of the parts of a mask.

    Args:
        ground: Measures of the mask.
        width: Columns of the mask.
        options: Which objects are wanted, and how.

    Attributes:
        classes: Ids of the classes so far, those of objects that are too small as well.
    """

    def __init__(self, ground: Ground, width: int, options: PolygonOptions) -> None:
        self._ground, self._width, self._options = ground, width, options
        self._kept: Ints = np.zeros(0, np.int64)  # first pixels of parts that may lie in a hole
        self.classes: set[int] = set()

    def make(self, done: Complete, open_from: int) -> Objects:
        """Return the objects of complete parts.

        Args:
            done: The parts.
            open_from: First pixel of the parts that may not be complete yet.
        """
        table = done.table
        rings = link_rings(done.part, done.x, done.y)
        keep = self._large_enough(rings, table.object)
        self.classes.update((table.value - 1).tolist())
        rings = rings.without(np.flatnonzero(~keep[rings.part]))
        if self._options.fill_holes:
            self._kept = np.append(self._kept, table.first[keep])
            rings = self._filled(rings)
            self._kept = self._kept[self._kept >= open_from // self._width * self._width]
        polygons = self._simplified(rings.polygons())
        table = table[keep]
        order = np.lexsort((table.first, table.object))
        table, polygons = table[order], polygons[order]
        group = np.unique(table.object, return_inverse=True)[1]
        begin = np.flatnonzero(np.diff(group, prepend=-1))
        if self._options.connectivity == 8:
            polygons = shapely.multipolygons(polygons, indices=group)
        sums = {name: np.add.reduceat(getattr(table, name), begin) if len(begin) else group
                for name in ("pixels", "sure", "rated")}  # fmt: skip
        with np.errstate(invalid="ignore"):
            confidence = sums["sure"] / (STEPS * sums["rated"])
        objects = Objects(
            shapely.orient_polygons(self._ground.to_crs(polygons)),
            table.first[begin],
            table.value[begin] - 1,
            self._ground.areas(polygons),
            sums["pixels"],
            self._ground.orientations(polygons),
            confidence,
        )
        return objects[np.argsort(objects.id)]

    def _large_enough(self, rings: Rings, objects: Ints) -> NDArray[np.bool_]:
        """Tell of each part whether its object is kept."""
        if not self._options.min_area:
            return np.ones(len(objects), bool)
        areas = np.bincount(objects, self._ground.areas(rings.polygons()))
        return areas[objects] >= self._options.min_area

    def _filled(self, rings: Rings) -> Rings:
        """Leave out the small holes that hold no polygon."""
        numbers, holes = rings.holes()
        small = self._ground.areas(holes) <= self._options.fill_holes
        numbers, holes = numbers[small], holes[small]
        row, column = np.divmod(self._kept, self._width)
        tree = shapely.STRtree(shapely.points(column + 0.5, row + 0.5))
        occupied = np.unique(tree.query(holes, predicate="contains")[0])
        return rings.without(np.delete(numbers, occupied))

    def _simplified(self, polygons: Shapes) -> Shapes:
        if not self._options.tolerance or not len(polygons):
            return polygons
        metres = self._ground.to_metres(polygons)
        simple = shapely.coverage_simplify(metres, self._options.tolerance)
        return self._ground.from_metres(simple)
