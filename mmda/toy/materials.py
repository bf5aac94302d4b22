"""Colours of the surfaces: reflectance per band (red, green, blue), 0 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmda.toy.style import CityStyle

Colour = NDArray[np.float64]

# name: (colour, share in a city with roof_mix 0, share in a city with roof_mix 1)
ROOFS: dict[str, tuple[tuple[float, float, float], float, float]] = {
    "red tile": ((0.60, 0.30, 0.22), 0.52, 0.12),
    "brown tile": ((0.47, 0.29, 0.22), 0.20, 0.22),
    "slate": ((0.36, 0.37, 0.42), 0.08, 0.18),
    "concrete": ((0.68, 0.65, 0.60), 0.08, 0.18),
    "membrane": ((0.84, 0.83, 0.80), 0.08, 0.16),
    "metal": ((0.50, 0.57, 0.63), 0.04, 0.14),
}
FLAT_ROOFS = ("concrete", "membrane", "metal", "slate")

PARAPET = np.array([0.78, 0.77, 0.75])
LAWN, SOIL, GRAVEL = (0.31, 0.40, 0.20), (0.50, 0.43, 0.32), (0.55, 0.52, 0.46)
PAVING = (0.43, 0.41, 0.37)
ASPHALT, CONCRETE_ROAD, LANE_MARK = (0.27, 0.27, 0.29), (0.45, 0.44, 0.43), (0.80, 0.80, 0.78)
ROAD_SPREAD = 0.22
"""Standard deviation, within a city, of the streets' mix of asphalt (0) and concrete (1)."""

WATER = (0.10, 0.18, 0.22)
TREE, AUTUMN_TREE = (0.15, 0.24, 0.10), (0.33, 0.26, 0.10)
CROPS = ((0.36, 0.46, 0.18), (0.47, 0.49, 0.22), (0.28, 0.40, 0.16))
BARE_FIELDS = ((0.50, 0.40, 0.28), (0.58, 0.50, 0.34), (0.42, 0.33, 0.24))
VEHICLES = (
    (0.88, 0.88, 0.88),
    (0.10, 0.10, 0.12),
    (0.70, 0.12, 0.10),
    (0.15, 0.25, 0.60),
    (0.62, 0.63, 0.65),
)


def mix(a: tuple[float, ...] | Colour, b: tuple[float, ...] | Colour, share: float) -> Colour:
    """Return ``(1 - share) a + share b``."""
    return (1 - share) * np.asarray(a, dtype=np.float64) + share * np.asarray(b, dtype=np.float64)


def jitter(
    rng: np.random.Generator, colour: tuple[float, ...] | Colour, light: float, hue: float
) -> Colour:
    """Return a random variation of a colour.

    Args:
        rng: Source of randomness.
        colour: Reflectance of red, green and blue.
        light: Standard deviation of a factor for all bands.
        hue: Standard deviation of a factor for each band.
    """
    factor = rng.normal(1, light) * rng.normal(1, hue, 3)
    return np.clip(np.asarray(colour) * factor, 0.02, 0.97)


def roof_colour(rng: np.random.Generator, style: CityStyle, flat: bool) -> Colour:
    """Return a random roof colour; flat roofs have no tiles."""
    names = [name for name in ROOFS if not flat or name in FLAT_ROOFS]
    shares = np.array([mix(ROOFS[n][1:2], ROOFS[n][2:3], style.roof_mix)[0] for n in names])
    name = names[int(rng.choice(len(names), p=shares / shares.sum()))]
    return jitter(rng, ROOFS[name][0], 0.08, 0.025)


def lawn_colour(rng: np.random.Generator, style: CityStyle) -> Colour:
    """Return a random colour of the open ground of a block."""
    other = SOIL if rng.random() < 0.6 else GRAVEL
    dry = np.clip(0.12 + 0.7 * style.ground_mix + rng.normal(0, 0.15), 0, 0.95)
    lawn = mix(LAWN, SOIL, 0.5 * style.season)
    return jitter(rng, mix(lawn, other, float(dry)), 0.05, 0.02)


def paving_colour(rng: np.random.Generator) -> Colour:
    """Return a random colour of the ground of a paved block."""
    return jitter(rng, PAVING, 0.06, 0.02)


def road_colour(rng: np.random.Generator, style: CityStyle) -> Colour:
    """Return a random colour of a street."""
    share = np.clip(0.7 * style.road_mix + rng.normal(0.25, ROAD_SPREAD), 0, 1)
    return jitter(rng, mix(ASPHALT, CONCRETE_ROAD, float(share)), 0.04, 0.01)


def field_colour(rng: np.random.Generator, style: CityStyle) -> Colour:
    """Return a random colour of a crop or a bare field, depending on the season."""
    bare = rng.random() < 0.15 + 0.7 * style.season
    colours = BARE_FIELDS if bare else CROPS
    return jitter(rng, colours[int(rng.integers(len(colours)))], 0.05, 0.03)


def tree_colours(rng: np.random.Generator, style: CityStyle, count: int) -> Colour:
    """Return random colours of tree crowns, (count, 3)."""
    share = np.clip(style.season * 0.8 + rng.normal(0, 0.15, (count, 1)), 0, 1)
    colours = (1 - share) * np.array(TREE) + share * np.array(AUTUMN_TREE)
    return np.clip(colours * rng.normal(1, 0.1, (count, 1)), 0.02, 0.9)
