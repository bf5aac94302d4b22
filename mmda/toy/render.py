"""Turning a drawing into an image and masks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from mmda.toy import materials, texture
from mmda.toy.drawing import BUILDING, SUBPIXEL_BITS, TREE, Drawing, draw, pixels
from mmda.toy.layout import Layout
from mmda.toy.lighting import cast_shadows, towards_sun
from mmda.toy.style import CityStyle

SHADOW_COLOUR = np.array([0.42, 0.47, 0.56], dtype=np.float32)
"""Share of light in a shadow, per band. It comes from the sky and is bluish."""

CROWN_RAGGEDNESS = 0.7
"""Random displacement of the crowns' edges, metres."""

CROWN_HEIGHT = 2.0
"""Height of a tree, divided by the radius of its crown."""


@dataclass
class Scene:
    """A rendered scene.

    Attributes:
        reflectance: (H, W, 3) float32, the light that reaches the sensor, 0 to about 1.
        buildings: (H, W) uint8, 0 or 1.
        roads: (H, W) uint8, 0 or 1.
        landcover: (H, W) uint8, index into ``CLASSES``.
    """

    reflectance: NDArray[np.float32]
    buildings: NDArray[np.uint8]
    roads: NDArray[np.uint8]
    landcover: NDArray[np.uint8]


@dataclass
class _Crowns:
    """Tree pixels: which pixels, their colour (N, 3) and height (N,)."""

    mask: NDArray[np.bool_]
    colour: NDArray[np.float32]
    height: NDArray[np.float32]


def render(rng: np.random.Generator, layout: Layout, style: CityStyle, size: int) -> Scene:
    """Render one scene.

    Args:
        rng: Source of randomness.
        layout: The objects of the scene.
        style: The city.
        size: Side in pixels.
    """
    drawing = draw(rng, layout, style, size)
    table = drawing.table.array()
    fine = texture.octaves(rng, size, 4.0, 3)
    coarse = texture.octaves(rng, size, 45.0 / style.gsd, 4)
    kinds = np.take(table[:, 0], drawing.surface).astype(np.uint8)
    brightness = drawing.shade * _texture(drawing, table, fine, coarse, style)
    image = np.take(table[:, 1:4], drawing.surface, axis=0) * brightness[..., None]
    height = np.take(table[:, 9], drawing.surface)
    crowns = _crowns(rng, layout, style, size, fine)
    image[crowns.mask] = crowns.colour
    height[crowns.mask] = np.maximum(height[crowns.mask], crowns.height)
    shadow = cast_shadows(height, style.gsd, style.sun_azimuth, style.sun_elevation)
    light = cv2.blur(1.0 - shadow.astype(np.float32), (2, 2))[..., None]
    image *= SHADOW_COLOUR + (1 - SHADOW_COLOUR) * light
    landcover = np.where(crowns.mask, np.uint8(TREE), kinds)
    footprints = [(b.footprint, 1) for b in layout.buildings]
    buildings = (
        rasterize(footprints, (size, size), transform=Affine.scale(style.gsd), dtype="uint8")
        if footprints
        else np.zeros((size, size), np.uint8)
    )
    # Objects on roofs are drawn with whole pixels, but the label must end with the footprint.
    landcover[(landcover == BUILDING) & (buildings == 0)] = 0
    return Scene(image, buildings, drawing.road.astype(np.uint8), landcover)


def _texture(
    drawing: Drawing,
    table: NDArray[np.float32],
    fine: NDArray[np.float32],
    coarse: NDArray[np.float32],
    style: CityStyle,
) -> NDArray[np.float32]:
    """Return the texture as a brightness factor per pixel."""
    factor = 1 + np.take(table[:, 4], drawing.surface) * fine
    factor += np.take(table[:, 5], drawing.surface) * coarse
    striped = np.flatnonzero(np.take(table[:, 6] > 0, drawing.surface))
    rows, columns = np.divmod(striped.astype(np.int32), drawing.surface.shape[1])
    row = table[drawing.surface.ravel()[striped], 6:9]
    wave = texture.stripes(
        rows.astype(np.float32),
        columns.astype(np.float32),
        row[:, 1],
        row[:, 2] / np.float32(style.gsd),
        0.5 * coarse.ravel()[striped],
    )
    factor.ravel()[striped] += row[:, 0] * wave
    return factor


def _crowns(
    rng: np.random.Generator,
    layout: Layout,
    style: CityStyle,
    size: int,
    fine: NDArray[np.float32],
) -> _Crowns:
    """Return the trees as circles with irregular edges, lit from the side of the sun."""
    trees = layout.trees[np.argsort(layout.trees[:, 2], kind="stable")]
    colours = materials.tree_colours(rng, style, len(trees)).astype(np.float32)
    number = np.zeros((size, size), dtype=np.int32)
    radii = np.round(trees[:, 2] / style.gsd * 2**SUBPIXEL_BITS).astype(int).tolist()
    centres = pixels(trees[:, :2], style.gsd).tolist()
    for index, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
        cv2.circle(number, centre, radius, index + 1, -1, cv2.LINE_8, SUBPIXEL_BITS)
    rows, columns = np.indices((size, size), dtype=np.float32)
    sway = np.float32(CROWN_RAGGEDNESS / style.gsd)
    wobble = [texture.octaves(rng, size, 3.0 / style.gsd, 2) * sway for _ in range(2)]
    number = cv2.remap(
        number.astype(np.float32), columns + wobble[0], rows + wobble[1], cv2.INTER_NEAREST
    ).astype(np.int32)
    mask = number > 0
    tree = number[mask] - 1
    centre, radius = trees[tree, :2] / style.gsd, trees[tree, 2] / style.gsd
    dx = ((columns[mask] - centre[:, 0]) / radius).astype(np.float32)
    dy = ((rows[mask] - centre[:, 1]) / radius).astype(np.float32)
    right, down = towards_sun(style.sun_azimuth)
    lit = 1 + 0.3 * (right * dx + down * dy) + 0.13 * fine[mask]
    dome = np.sqrt(np.clip(1 - dx**2 - dy**2, 0.1, 1)).astype(np.float32)
    height = (CROWN_HEIGHT * trees[tree, 2]).astype(np.float32) * dome
    return _Crowns(mask, colours[tree] * np.clip(lit, 0.4, 1.6)[:, None], height)
