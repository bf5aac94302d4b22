"""Water, fields, trees and vehicles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from mmda.toy.network import Network, Street
from mmda.toy.shapes import Points, place, rectangle

STREET_TREE_SPACING = (9.0, 28.0)
TREES_PER_HECTARE = {"houses": 26.0, "apartments": 18.0, "halls": 6.0, "park": 70.0, "field": 1.5}
CROWN_RADIUS = (2.2, 5.0)
VEHICLE_SPACING = (14.0, 60.0)
LAKE_RADIUS = (24.0, 44.0)
RIVER_WIDTH = (14.0, 26.0)
RIVER_PROBABILITY = 0.5


def make_water(rng: np.random.Generator, extent: float, angle: float) -> shapely.Geometry:
    """Return a river across the scene or a lake inside it; coordinates in metres."""
    if rng.random() < RIVER_PROBABILITY:
        t = np.linspace(-0.8 * extent, 0.8 * extent, 60)
        bend = rng.uniform(10, 30) * np.sin(t / rng.uniform(50, 90) + rng.uniform(0, 6))
        line = place(
            np.stack([t, bend + rng.uniform(-0.3, 0.3) * extent], axis=1),
            angle + 0.15,
            np.array([extent / 2, extent / 2]),
        )
        return shapely.LineString(line).buffer(rng.uniform(*RIVER_WIDTH) / 2)
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    radius = rng.uniform(*LAKE_RADIUS) * np.ones_like(turn)
    for order in (2, 3, 5):
        radius += (
            radius.mean() * rng.uniform(0, 0.35 / order) * np.sin(order * turn + rng.uniform(0, 6))
        )
    centre = rng.uniform(0.2, 0.8, 2) * extent
    return shapely.Polygon(
        np.stack([1.3 * radius * np.cos(turn), radius * np.sin(turn)], axis=1) + centre
    )


def split_fields(rng: np.random.Generator, block: shapely.Polygon, angle: float) -> list[Points]:
    """Cut a field block into one to three strips and return their outlines, (N, 2) each."""
    corners = np.asarray(block.exterior.coords)[:-1]
    count = int(rng.integers(1, 4))
    if count == 1:
        return [corners]
    axis = np.array([np.cos(angle), np.sin(angle)])
    along = corners @ axis
    cuts = np.linspace(along.min(), along.max(), count + 1)
    centre = corners.mean(axis=0)
    strips = []
    for low, high in pairwise(cuts):
        middle = centre + axis * ((low + high) / 2 - centre @ axis)
        box = place(rectangle(-(high - low) / 2, -300, (high - low) / 2, 300), angle, middle)
        part = shapely.intersection(block, shapely.Polygon(box))
        strips += [
            np.asarray(piece.exterior.coords)[:-1]
            for piece in shapely.get_parts(part)
            if isinstance(piece, shapely.Polygon)
        ]
    return strips


def make_trees(
    rng: np.random.Generator,
    network: Network,
    extent: float,
    blocked: NDArray[np.object_],
) -> NDArray[np.float64]:
    """Return trees at random places along streets and in the blocks.

    Args:
        rng: Source of randomness.
        network: Streets and blocks.
        extent: Side of the scene, metres.
        blocked: Polygons without trunks (buildings, water).

    Returns:
        (N, 3) array: x and y of the trunk and radius of the crown, in metres. Crowns may overlap
        streets.
    """
    points = [_along(rng, street) for street in network.streets]
    for block, kind in network.blocks:
        x0, y0, x1, y1 = block.bounds
        count = rng.poisson(TREES_PER_HECTARE[kind] * (x1 - x0) * (y1 - y0) / 1e4)
        inside = rng.uniform((x0, y0), (x1, y1), (count, 2))
        points.append(inside[shapely.contains_xy(block.buffer(-7.0), inside)])
    centres = np.concatenate(points)
    radii = rng.uniform(*CROWN_RADIUS, len(centres))
    near = ((centres > -8) & (centres < extent + 8)).all(axis=1)
    centres, radii = centres[near], radii[near]
    tree = shapely.STRtree(blocked)
    hit = tree.query(shapely.points(centres), predicate="dwithin", distance=0.45 * radii)[0]
    keep = np.ones(len(centres), dtype=bool)
    keep[hit] = False
    return np.column_stack([centres, radii])[keep]


def _walk(street: Street, at: NDArray[np.float64]) -> tuple[Points, Points]:
    """Return points and unit tangents of the centre line at distances ``at`` (metres) along it."""
    steps = np.diff(street.line, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    travelled = np.concatenate([[0.0], np.cumsum(lengths)])
    index = np.clip(np.searchsorted(travelled, at, side="right") - 1, 0, len(steps) - 1)
    tangent = steps[index] / lengths[index, None]
    return street.line[index] + tangent * (at - travelled[index])[:, None], tangent


def _positions(
    rng: np.random.Generator, street: Street, spacing: tuple[float, float]
) -> NDArray[np.float64]:
    total = float(shapely.LineString(street.line).length)
    at = np.cumsum(rng.uniform(*spacing, int(total / spacing[0]) + 1))
    return at[at < total - 6]


def _along(rng: np.random.Generator, street: Street) -> Points:
    at = _positions(rng, street, STREET_TREE_SPACING)
    points, tangent = _walk(street, at)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * rng.choice([-1, 1], (len(at), 1))
    return points + normal * (street.width / 2 + rng.uniform(1.2, 3.2, (len(at), 1)))


def make_vehicles(rng: np.random.Generator, network: Network, extent: float) -> list[Points]:
    """Return cars and lorries on the lanes and at the kerbs, as (4, 2) outlines in metres."""
    vehicles = []
    for street in network.streets:
        at = _positions(rng, street, VEHICLE_SPACING)
        points, tangents = _walk(street, at)
        for point, tangent in zip(points, tangents, strict=True):
            lorry = street.main and rng.random() < 0.15
            length = rng.uniform(8, 11) if lorry else rng.uniform(4.4, 5.2)
            width = 2.6 if lorry else rng.uniform(1.9, 2.2)
            side = rng.choice([-1, 1])
            share = rng.choice([0.25, 0.5])
            offset = min(share * street.width, street.width / 2 - 0.6 * width)
            centre = point + side * offset * np.array([-tangent[1], tangent[0]])
            if not ((centre > -10) & (centre < extent + 10)).all():
                continue
            angle = float(np.arctan2(tangent[1], tangent[0])) + rng.normal(0, 0.03)
            body = rectangle(-length / 2, -width / 2, length / 2, width / 2)
            vehicles.append(place(body, angle, centre))
    return vehicles
