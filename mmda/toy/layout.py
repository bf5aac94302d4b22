"""The geometry of one scene, in metres from its upper left corner (y downwards)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from mmda.toy.buildings import Building, place_buildings
from mmda.toy.network import Network, make_network
from mmda.toy.scenery import make_trees, make_vehicles, make_water, split_fields
from mmda.toy.shapes import Points
from mmda.toy.style import CityStyle


@dataclass
class Layout:
    """All objects of one scene.

    Attributes:
        extent: Side of the scene, metres.
        network: Streets and blocks; ``network.angle`` is the direction of the grid.
        surfaces: Street surfaces, one polygon per street.
        water: River or lake.
        fields: Outlines of the field strips.
        buildings: The buildings; none overlap.
        trees: (N, 3) x, y, crown radius in metres.
        vehicles: Outlines of the vehicles.
    """

    extent: float
    network: Network
    surfaces: NDArray[np.object_]
    water: shapely.Geometry
    fields: list[Points]
    buildings: list[Building]
    trees: NDArray[np.float64]
    vehicles: list[Points]


def make_layout(rng: np.random.Generator, style: CityStyle, size: int) -> Layout:
    """Lay out one scene.

    Args:
        rng: Source of randomness.
        style: The city.
        size: Side of the scene in pixels.

    Returns:
        The layout; objects at the border extend beyond the scene.
    """
    extent = size * style.gsd
    network = make_network(rng, extent)
    water = make_water(rng, extent, network.angle)
    frame = shapely.box(-60, -60, extent + 60, extent + 60)
    lines = np.array([shapely.LineString(s.line) for s in network.streets], dtype=object)
    near = shapely.intersects(frame, lines)
    # Side streets that meet water are left out; main streets cross it on a bridge.
    dry = ~shapely.intersects(water, lines) | np.array([s.main for s in network.streets])
    network.streets = [s for s, keep in zip(network.streets, near & dry, strict=True) if keep]
    network.blocks = [b for b in network.blocks if b[0].intersects(frame)]
    surfaces = street_surfaces(network)
    obstacles = shapely.union_all([*surfaces, water.buffer(5.0)])
    buildings = place_buildings(rng, network, obstacles, style.building_size, style.density)
    fields = [
        strip
        for block, kind in network.blocks
        if kind == "field"
        for strip in split_fields(rng, block.buffer(-6.0, join_style="mitre"), network.angle)
    ]
    blocked = np.array([water, *(b.footprint for b in buildings)], dtype=object)
    trees = make_trees(rng, network, extent, blocked)
    vehicles = make_vehicles(rng, network, extent)
    return Layout(extent, network, surfaces, water, fields, buildings, trees, vehicles)


def street_surfaces(network: Network) -> NDArray[np.object_]:
    """Return one surface polygon per street, with round ends that fill the crossings."""
    lines = np.array([shapely.LineString(s.line) for s in network.streets], dtype=object)
    widths = np.array([s.width for s in network.streets])
    return np.asarray(shapely.buffer(lines, widths / 2, quad_segs=4), dtype=object)
