"""Rings and polygons from the corners of outlines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from mmda.raster.mapping.polygons.runs import Ints


@dataclass(frozen=True)
class Rings:
    """Closed rings; those of a part follow each other, its outer one first.

    Attributes:
        points: Columns and rows of the corners, (n, 2); the last of a ring is its first.
        offsets: Where the rings begin in ``points``, and the end of the last.
        part: Part of each ring.
    """

    points: NDArray[np.float64]
    offsets: Ints
    part: Ints

    @property
    def is_hole(self) -> NDArray[np.bool_]:
        """Whether each ring is a hole of its part."""
        return np.diff(self.part, prepend=-1) == 0

    def polygons(self) -> NDArray[np.object_]:
        """Return one polygon per part, in the order of the parts."""
        begins = np.append(np.flatnonzero(~self.is_hole), len(self.part))
        return shapely.from_ragged_array(
            shapely.GeometryType.POLYGON, self.points, (self.offsets, begins)
        )

    def holes(self) -> tuple[Ints, NDArray[np.object_]]:
        """Return the numbers of the rings that are holes, and each hole as a polygon."""
        each = np.arange(len(self.part) + 1)
        rings = shapely.from_ragged_array(
            shapely.GeometryType.POLYGON, self.points, (self.offsets, each)
        )
        holes = np.flatnonzero(self.is_hole)
        return holes, rings[holes]

    def without(self, rings: Ints) -> Rings:
        """Return all but some of the rings."""
        keep = np.ones(len(self.part), bool)
        keep[rings] = False
        lengths = np.diff(self.offsets)
        points = self.points[np.repeat(keep, lengths)]
        return Rings(points, np.append(0, np.cumsum(lengths[keep])), self.part[keep])


def link_rings(part: Ints, x: Ints, y: Ints) -> Rings:
    """Link corners to rings.

    Along each row, the corners of a part are the ends of its horizontal edges, two by two; along
    each column those of its vertical edges.

    Args:
        part: Part of each corner.
        x: See :class:`~mmda.raster.mapping.polygons.corners.Corners`.
        y: The same, in rows of the mask.
    """
    order = np.lexsort((x, y >> 1, part))
    part, x, y = part[order], x[order], y[order]
    by_column = np.lexsort((y, x >> 1, part))
    partner = np.empty_like(order)
    partner[by_column[0::2]] = by_column[1::2]
    partner[by_column[1::2]] = by_column[0::2]
    sequence, starts = _walk(partner.tolist())
    points = np.stack([x[sequence] >> 1, y[sequence] >> 1], axis=1)
    is_start = np.zeros(len(points), bool)
    is_start[starts] = True
    keep = is_start | (np.diff(points, axis=0, prepend=-1) != 0).any(axis=1)
    lengths = np.add.reduceat(keep.astype(np.int64), starts) + 1
    offsets = np.append(0, np.cumsum(lengths))
    closed = np.empty((offsets[-1], 2), float)
    last = np.zeros(len(closed), bool)
    last[offsets[1:] - 1] = True
    closed[~last] = points[keep]
    closed[last] = points[starts]
    return Rings(closed, offsets, part[np.asarray(sequence)[starts]])


def _walk(below: list[int]) -> tuple[list[int], list[int]]:
    """Follow horizontal and vertical edges in turn.

    Args:
        below: The other end of each corner's vertical edge; corners 2 i and 2 i + 1 are the ends of
            a horizontal one.

    Returns:
        The corners, ring by ring, and where the rings begin. Each begins at its upper left corner
        and goes to the right.
    """
    seen = bytearray(len(below))
    sequence: list[int] = []
    starts: list[int] = []
    for first in range(0, len(below), 2):
        if seen[first]:
            continue
        starts.append(len(sequence))
        corner = first
        while not seen[corner]:
            across = corner ^ 1
            seen[corner] = seen[across] = 1
            sequence += (corner, across)
            corner = below[across]
    return sequence, starts
