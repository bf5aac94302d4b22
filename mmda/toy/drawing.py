"""Drawing a layout: a map of surface numbers and a table that describes each surface."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from mmda.toy import materials
from mmda.toy.buildings import Building
from mmda.toy.layout import Layout
from mmda.toy.lighting import plane_shade
from mmda.toy.materials import Colour
from mmda.toy.shapes import Points, place, rectangle
from mmda.toy.style import CityStyle

CLASSES = ("ground", "building", "road", "tree", "field", "water", "vehicle")
GROUND, BUILDING, ROAD, TREE, FIELD, WATER, VEHICLE = range(len(CLASSES))

SUBPIXEL_BITS = 4

PARAPET = 0.4
"""Width and height of the rim of a flat roof, metres."""


@dataclass
class SurfaceTable:
    """One row per surface: class, colour, texture and height.

    Attributes:
        rows: Class, red, green, blue, amplitude of the fine and of the coarse texture, amplitude
            of the stripes, their direction (radians) and period (metres), height (metres).
    """

    rows: list[tuple[float, ...]] = field(default_factory=list)

    def add(
        self,
        kind: int,
        colour: Colour,
        fine: float = 0.05,
        coarse: float = 0.05,
        striping: tuple[float, float, float] = (0.0, 0.0, 4.0),
        height: float = 0.0,
    ) -> int:
        """Append a surface and return its number.

        Args:
            kind: Index into :data:`CLASSES`.
            colour: Reflectance of red, green and blue.
            fine: Amplitude of the fine texture.
            coarse: Amplitude of the coarse texture.
            striping: Amplitude, direction (radians) and period (metres) of the stripes.
            height: Height above ground, metres.
        """
        self.rows.append((float(kind), *map(float, colour), fine, coarse, *striping, height))
        return len(self.rows) - 1

    def array(self) -> NDArray[np.float32]:
        """Return the (N, 10) table."""
        return np.array(self.rows, dtype=np.float32)


@dataclass
class Drawing:
    """A scene drawn on the pixel grid.

    Attributes:
        surface: (H, W) int32, row of ``table`` per pixel, without trees.
        table: Description of each surface.
        shade: (H, W) float32, brightness of the roof planes; 1 elsewhere.
        road: (H, W) bool, street surface, also below vehicles and trees.
    """

    surface: NDArray[np.int32]
    table: SurfaceTable
    shade: NDArray[np.float32]
    road: NDArray[np.bool_]


def pixels(points: Points, gsd: float) -> NDArray[np.int32]:
    """Convert metres to OpenCV's fixed-point pixel centres."""
    return np.round((points / gsd - 0.5) * 2**SUBPIXEL_BITS).astype(np.int32)


def fill(target: NDArray[np.int32], points: Points, gsd: float, value: int) -> None:
    """Fill a simple polygon, given in metres, with ``value``."""
    cv2.fillPoly(target, [pixels(points, gsd)], value, lineType=cv2.LINE_8, shift=SUBPIXEL_BITS)


def draw(rng: np.random.Generator, layout: Layout, style: CityStyle, size: int) -> Drawing:
    """Draw everything but the trees.

    Args:
        rng: Source of randomness, for the colours.
        layout: The scene.
        style: The city.
        size: Side of the scene in pixels.
    """
    gsd = style.gsd
    table = SurfaceTable()
    table.add(GROUND, materials.lawn_colour(rng, style))
    shapes = [(block, _block(rng, table, style, kind)) for block, kind in layout.network.blocks]
    water = table.add(WATER, materials.jitter(rng, materials.WATER, 0.08, 0.05), 0.02, 0.06)
    shapes += [(shapely.Polygon(f), _field(rng, table, style)) for f in layout.fields]
    shapes.append((layout.water, water))
    first_road = len(table.rows)
    shapes += [
        (surface, table.add(ROAD, materials.road_colour(rng, style), 0.03, 0.04))
        for surface in layout.surfaces
    ]
    last_road = len(table.rows)
    footprints = [b.footprint for b in layout.buildings]
    roofs = [_roof(rng, table, style, b) for b in layout.buildings]
    shapes += list(zip(footprints, roofs, strict=True))
    surface = np.asarray(
        rasterize(shapes, (size, size), transform=Affine.scale(gsd), dtype="int32"), dtype=np.int32
    )
    road = (surface >= first_road) & (surface < last_road)
    shade = _roof_shade(layout.buildings, surface, roofs, style)
    _lane_marks(surface, layout, table, style)
    for outline in layout.vehicles:
        colours = materials.VEHICLES
        paint = materials.jitter(rng, colours[int(rng.integers(len(colours)))], 0.05, 0.02)
        fill(surface, outline, gsd, table.add(VEHICLE, paint, 0.05, 0.0, height=1.6))
    for building in layout.buildings:
        if not building.planes:
            _parapet(surface, table, building, gsd)
        _clutter(rng, surface, table, building, gsd)
    return Drawing(surface, table, shade, road)


def _block(rng: np.random.Generator, table: SurfaceTable, style: CityStyle, kind: str) -> int:
    paved = {"houses": 0.05, "apartments": 0.2, "halls": 0.4}.get(kind, 0.0)
    if rng.random() < paved:
        return table.add(GROUND, materials.paving_colour(rng), 0.1, 0.1)
    return table.add(GROUND, materials.lawn_colour(rng, style), 0.07, 0.09)


def _field(rng: np.random.Generator, table: SurfaceTable, style: CityStyle) -> int:
    stripes = (rng.uniform(0.05, 0.12), rng.uniform(0, np.pi), rng.uniform(3.0, 5.5))
    return table.add(FIELD, materials.field_colour(rng, style), 0.04, 0.06, stripes)


def _roof(rng: np.random.Generator, table: SurfaceTable, style: CityStyle, b: Building) -> int:
    colour = materials.roof_colour(rng, style, flat=not b.planes)
    stripes = (0.035 if b.planes else 0.0, b.angle, 1.8)
    return table.add(BUILDING, colour, 0.035, 0.03, stripes, b.height)


def _roof_shade(
    buildings: list[Building], surface: NDArray[np.int32], roofs: list[int], style: CityStyle
) -> NDArray[np.float32]:
    """Return the brightness of roof planes by their direction to the sun; 1 elsewhere."""
    planes = np.zeros_like(surface)
    shades = [1.0]
    for building in buildings:
        for corners, downhill in building.planes:
            fill(planes, corners, style.gsd, len(shades))
            shades.append(plane_shade(downhill, style.sun_azimuth, style.sun_elevation))
    if roofs:
        on_roof = (surface >= roofs[0]) & (surface <= roofs[-1])
        planes *= on_roof
    return np.asarray(np.array(shades, dtype=np.float32)[planes], dtype=np.float32)


def _lane_marks(
    surface: NDArray[np.int32], layout: Layout, table: SurfaceTable, style: CityStyle
) -> None:
    """Draw dashes along the middle of the main streets."""
    mark = table.add(ROAD, materials.mix(materials.LANE_MARK, materials.ASPHALT, 0.3), 0.03, 0.0)
    for street in layout.network.streets:
        if street.main:
            for a, b in zip(street.line[1:-1:2], street.line[2:-1:2], strict=False):
                ends = pixels(np.stack([a, (a + b) / 2]), style.gsd)
                cv2.line(surface, ends[0].tolist(), ends[1].tolist(), mark, 1, 8, SUBPIXEL_BITS)


def _parapet(
    surface: NDArray[np.int32], table: SurfaceTable, building: Building, gsd: float
) -> None:
    """Draw the light rim of a flat roof."""
    number = table.add(BUILDING, materials.PARAPET, 0.02, 0.0, height=building.height + PARAPET)
    inner = building.footprint.buffer(-max(PARAPET, 0.6 * gsd), join_style="mitre")
    ring = np.asarray(inner.exterior.coords)[:-1]
    corners = [pixels(ring, gsd)]
    cv2.polylines(surface, corners, True, number, 1, cv2.LINE_8, SUBPIXEL_BITS)


def _clutter(
    rng: np.random.Generator,
    surface: NDArray[np.int32],
    table: SurfaceTable,
    building: Building,
    gsd: float,
) -> None:
    """Draw chimneys on pitched roofs, and machines, skylights and vents on flat ones."""
    flat = not building.planes
    x0, y0, x1, y1 = building.footprint.bounds
    count = rng.poisson((x1 - x0) * (y1 - y0) / 90) if flat else int(rng.random() < 0.6)
    at = rng.uniform((x0, y0), (x1, y1), (count, 2))
    inside = at[shapely.contains_xy(building.footprint.buffer(-2.2), at)]
    for centre in inside:
        width, depth = rng.uniform(1.4, 3.2, 2) if flat else rng.uniform(0.9, 1.3, 2)
        grey = float(rng.choice([0.3, 0.55, 0.75]) if flat else 0.35)
        number = table.add(BUILDING, np.full(3, grey), 0.02, 0.0, height=building.height + 1.3)
        box = place(rectangle(-width / 2, -depth / 2, width / 2, depth / 2), building.angle, centre)
        fill(surface, box, gsd, number)
