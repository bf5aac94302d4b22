"""Placing buildings along the streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from mmda.toy import shapes
from mmda.toy.network import Network, Street
from mmda.toy.shapes import Points, Roof

SETBACK = (3.5, 7.5)
"""Gap between the street's edge and a building, metres."""

GAP = (3.0, 8.0)
"""Gap between neighbours at density 1, metres."""

CLEARANCE = 2.0
"""Least distance between two buildings, metres."""

HEIGHTS = {"houses": (4.5, 8.0), "apartments": (9.0, 15.0), "halls": (6.0, 10.0)}


@dataclass
class Building:
    """One building in scene coordinates.

    Attributes:
        footprint: Polygon, metres.
        planes: Roof planes: (K, 2) corners and downhill direction in radians; none if it is flat.
        angle: Direction of the long side, radians.
        height: Height in metres.
        kind: Kind of the block in which it is.
        is_round: Whether it is a round tank or pavilion.
    """

    footprint: shapely.Polygon
    planes: list[tuple[Points, float]]
    angle: float
    height: float
    kind: str
    is_round: bool


def _draw_roof(rng: np.random.Generator, kind: str, size: float) -> tuple[Roof, float, float]:
    """Choose a random shape; return it with its width along and depth across the street."""
    pick = rng.random()
    if kind == "houses":
        width, depth = rng.uniform(13, 20) * size, rng.uniform(10, 13.5) * size
        if pick < 0.68:
            return shapes.house(width, depth, bool(rng.random() < 0.45)), width, depth
        if pick < 0.94:
            depth = rng.uniform(14, 18) * size
            return shapes.l_shape(width, depth, rng.uniform(7, 8.5) * size), width, depth
        radius = rng.uniform(6, 8) * size
        sides = int(rng.integers(6, 9))
        return shapes.round_block(radius, sides, True), 2 * radius, 2 * radius
    if kind == "apartments":
        if pick < 0.4:
            width, depth = rng.uniform(22, 36) * size, rng.uniform(11, 14) * size
            flat = rng.random() < 0.5
            shape = shapes.flat_block(width, depth) if flat else shapes.house(width, depth, True)
            return shape, width, depth
        width, depth = rng.uniform(26, 34) * size, rng.uniform(22, 27) * size
        wing = rng.uniform(8.5, 10) * size
        make = (shapes.l_shape, shapes.u_shape, shapes.courtyard)[int(rng.integers(3))]
        if make is not shapes.l_shape:
            width = max(width, 2 * wing + 9)
        return make(width, depth, wing), width, depth
    if pick < 0.22:
        radius = rng.uniform(6, 10) * size
        return shapes.round_block(radius, 28, False), 2 * radius, 2 * radius
    width, depth = rng.uniform(18, 32) * size, rng.uniform(14, 20) * size
    flat = rng.random() < 0.7
    return (
        (shapes.flat_block(width, depth) if flat else shapes.house(width, depth, False)),
        width,
        depth,
    )


def _along_street(
    rng: np.random.Generator, street: Street, left: bool, size: float, density: float
) -> list[Building]:
    """Return buildings along one side of a street, one per lot."""
    kind = street.sides[0 if left else 1]
    if kind not in HEIGHTS:
        return []
    steps = np.diff(street.line, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    total, travelled = float(lengths.sum()), np.concatenate([[0.0], np.cumsum(lengths)])
    buildings = []
    position = rng.uniform(6, 14)
    while position < total - 8:
        roof, width, depth = _draw_roof(rng, kind, size)
        middle = position + width / 2
        if middle + width / 2 > total - 4:
            break
        index = min(int(np.searchsorted(travelled, middle, side="right")) - 1, len(steps) - 1)
        tangent = steps[index] / lengths[index]
        normal = np.array([-tangent[1], tangent[0]]) * (1 if left else -1)
        offset = street.width / 2 + rng.uniform(*SETBACK) + depth / 2
        centre = street.line[index] + tangent * (middle - travelled[index]) + normal * offset
        angle = float(np.arctan2(tangent[1], tangent[0])) + (0.0 if left else np.pi)
        angle += float(rng.normal(0, 0.03))
        if rng.random() < 0.94 * min(density, 1.0):
            buildings.append(_placed(roof, angle, centre, rng.uniform(*HEIGHTS[kind]), kind))
        position += width + rng.uniform(*GAP) / density
    return buildings


def _placed(roof: Roof, angle: float, centre: Points, height: float, kind: str) -> Building:
    hole = [] if roof.hole is None else [shapes.place(roof.hole, angle, centre)]
    footprint = shapely.Polygon(shapes.place(roof.outline, angle, centre), hole)
    planes = [(shapes.place(p, angle, centre), direction + angle) for p, direction in roof.planes]
    is_round = len(roof.outline) > 12
    return Building(footprint, planes, angle, float(height), kind, is_round)


def place_buildings(
    rng: np.random.Generator,
    network: Network,
    obstacles: shapely.Geometry,
    size: float,
    density: float,
) -> list[Building]:
    """Place buildings along both sides of every street.

    Args:
        rng: Source of randomness.
        network: The streets.
        obstacles: Ground that must stay free (streets and water), metres.
        size: Factor for width and depth.
        density: Factor for the number of buildings per metre of street.

    Returns:
        Buildings that overlap neither each other nor the obstacles.
    """
    candidates: list[Building] = []
    for street in network.streets:
        for left in (True, False):
            candidates += _along_street(rng, street, left, size, density)
    footprints = np.array([c.footprint for c in candidates], dtype=object)
    if not len(footprints):
        return []
    grown = shapely.buffer(footprints, CLEARANCE, quad_segs=2)
    shapely.prepare(obstacles)
    kept = ~shapely.intersects(obstacles, grown)
    first, second = shapely.STRtree(grown).query(footprints, predicate="intersects")
    for a, b in zip(first[order := np.argsort(first, kind="stable")], second[order], strict=True):
        if a < b and kept[a]:
            kept[b] = False
    return [candidate for candidate, keep in zip(candidates, kept, strict=True) if keep]
