"""Building footprints and their roof planes, in metres about the building's centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass
class Roof:
    """A footprint with its roof planes.

    Attributes:
        outline: (N, 2) corners of the footprint, metres.
        hole: (M, 2) corners of a courtyard, or None.
        planes: Pairs of (K, 2) corners and the downhill direction (radians in the x, y plane).
            Empty for a flat roof.
    """

    outline: Points
    hole: Points | None
    planes: list[tuple[Points, float]]


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Points:
    """Return the (4, 2) corners of an axis-aligned rectangle."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64)


def _gable(x0: float, y0: float, x1: float, y1: float) -> list[tuple[Points, float]]:
    """Return two planes that meet in a ridge along the longer side."""
    xm, ym = (x0 + x1) / 2, (y0 + y1) / 2
    if x1 - x0 >= y1 - y0:
        halves = (rectangle(x0, y0, x1, ym), rectangle(x0, ym, x1, y1))
        return [(halves[0], -np.pi / 2), (halves[1], np.pi / 2)]
    halves = (rectangle(x0, y0, xm, y1), rectangle(xm, y0, x1, y1))
    return [(halves[0], np.pi), (halves[1], 0.0)]


def _hip(w: float, d: float) -> list[tuple[Points, float]]:
    """Return four planes with a ridge along x; half width ``w`` >= half depth ``d``."""
    ridge = max(w - d, 0.0)
    corners = rectangle(-w, -d, w, d)
    left, right = np.array([-ridge, 0.0]), np.array([ridge, 0.0])
    return [
        (np.array([corners[0], corners[1], right, left]), -np.pi / 2),
        (np.array([corners[2], corners[3], left, right]), np.pi / 2),
        (np.array([corners[1], corners[2], right]), 0.0),
        (np.array([corners[3], corners[0], left]), np.pi),
    ]


def house(width: float, depth: float, hipped: bool) -> Roof:
    """Return a rectangular house with a gable or hip roof; ``width`` is along x."""
    w, d = width / 2, depth / 2
    planes = _hip(w, d) if hipped and w >= d else _gable(-w, -d, w, d)
    return Roof(rectangle(-w, -d, w, d), None, planes)


def flat_block(width: float, depth: float) -> Roof:
    """Return a rectangular building with a flat roof."""
    return Roof(rectangle(-width / 2, -depth / 2, width / 2, depth / 2), None, [])


def l_shape(width: float, depth: float, wing: float) -> Roof:
    """Return an L-shaped building of two gabled wings, each ``wing`` metres deep."""
    w, d = width / 2, depth / 2
    xs, ys = -w + wing, -d + wing
    outline = np.array([[-w, -d], [w, -d], [w, ys], [xs, ys], [xs, d], [-w, d]])
    return Roof(outline, None, [*_gable(-w, -d, xs, d), *_gable(-w, -d, w, ys)])


def u_shape(width: float, depth: float, wing: float) -> Roof:
    """Return a U-shaped building of three gabled wings, open towards +y."""
    w, d = width / 2, depth / 2
    xl, xr, ys = -w + wing, w - wing, -d + wing
    outline = np.array([[-w, -d], [w, -d], [w, d], [xr, d], [xr, ys], [xl, ys], [xl, d], [-w, d]])
    planes = [*_gable(-w, -d, xl, d), *_gable(xr, -d, w, d), *_gable(-w, -d, w, ys)]
    return Roof(outline, None, planes)


def courtyard(width: float, depth: float, wing: float) -> Roof:
    """Return a building of four wings around a courtyard."""
    w, d = width / 2, depth / 2
    hole = rectangle(-w + wing, -d + wing, w - wing, d - wing)
    outer = rectangle(-w, -d, w, d)
    middle = rectangle(-w + wing / 2, -d + wing / 2, w - wing / 2, d - wing / 2)
    planes = []
    for side, downhill in enumerate((-np.pi / 2, 0.0, np.pi / 2, np.pi)):
        a, b = side, (side + 1) % 4
        planes.append((np.array([outer[a], outer[b], middle[b], middle[a]]), downhill))
        planes.append((np.array([middle[a], middle[b], hole[b], hole[a]]), downhill + np.pi))
    return Roof(outer, hole, planes)


def round_block(radius: float, sides: int, pitched: bool) -> Roof:
    """Return a regular polygon: a tank for many sides, a pavilion with a pointed roof for few."""
    angles = np.arange(sides) * (2 * np.pi / sides)
    outline = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    planes = []
    if pitched:
        for side in range(sides):
            corners = np.array([outline[side], outline[(side + 1) % sides], [0.0, 0.0]])
            planes.append((corners, float(angles[side] + np.pi / sides)))
    return Roof(outline, None, planes)


def place(points: Points, angle: float, centre: Points) -> Points:
    """Rotate (N, 2) points by ``angle`` radians and move them to ``centre``."""
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]]) + centre
