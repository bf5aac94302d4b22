"""The street network and the blocks between the streets."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from mmda.toy.shapes import Points

STEP = 6.0
"""Distance between the points of a street's centre line, metres."""

BLOCK_WIDTH = (56.0, 84.0)
BLOCK_LENGTH = (70.0, 115.0)
MAIN_WIDTH = (9.0, 12.0)
SIDE_WIDTH = (5.5, 7.0)
RURAL_SHARE = 0.24
PARK_SHARE = 0.07
BUILT_KINDS = ("houses", "houses", "houses", "apartments", "halls")


@dataclass
class Street:
    """One stretch of street between two crossings.

    Attributes:
        line: (N, 2) centre line, metres.
        width: Width in metres.
        main: Whether it belongs to a main street.
        sides: Kind of block to the left (normal (-ty, tx)) and to the right.
    """

    line: Points
    width: float
    main: bool
    sides: tuple[str, str]


@dataclass
class Network:
    """Streets and blocks of one scene.

    Attributes:
        streets: Stretches of street.
        blocks: Pairs of block polygon and kind (``houses``, ``apartments``, ``halls``, ``park``
            or ``field``).
        angle: Direction of the grid, radians.
    """

    streets: list[Street] = field(default_factory=list)
    blocks: list[tuple[shapely.Polygon, str]] = field(default_factory=list)
    angle: float = 0.0


class _Frame:
    """Maps grid coordinates (u, v) to metres in the scene, by waves and then a rotation."""

    def __init__(self, rng: np.random.Generator, extent: float) -> None:
        self.angle = float(rng.uniform(-np.pi / 4, np.pi / 4))
        self.centre = extent / 2
        self.amplitude = rng.uniform(4.0, 16.0, 2)
        self.period = rng.uniform(220.0, 420.0, 2)
        self.phase = rng.uniform(0.0, 2 * np.pi, 2)

    def __call__(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> Points:
        waves = self.amplitude * np.sin(
            2 * np.pi * np.stack([v, u], axis=-1) / self.period + self.phase
        )
        a, b = u + waves[..., 0], v + waves[..., 1]
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1) + self.centre


def _lines(
    rng: np.random.Generator, reach: float, spacing: tuple[float, float]
) -> NDArray[np.float64]:
    count = int(2 * reach / spacing[0]) + 2
    lines = -reach + np.cumsum(rng.uniform(*spacing, count)) - rng.uniform(0, spacing[1])
    return lines[: int(np.searchsorted(lines, reach)) + 1]


def _kinds(rng: np.random.Generator, centres: Points, extent: float) -> NDArray[np.str_]:
    """Choose a kind for every block; one side of the scene is rural, the rest is built up."""
    heading = rng.uniform(0, 2 * np.pi)
    along = centres @ np.array([np.cos(heading), np.sin(heading)])
    along = along + rng.normal(0, 0.06 * extent, len(along))
    inside = ((centres > -30) & (centres < extent + 30)).all(axis=1)
    border = np.quantile(along[inside], 1 - RURAL_SHARE)
    kinds = rng.choice(np.array(BUILT_KINDS), len(centres)).astype("<U12")
    kinds[rng.random(len(kinds)) < PARK_SHARE] = "park"
    kinds[along > border] = "field"
    return kinds


def make_network(rng: np.random.Generator, extent: float) -> Network:
    """Lay out the streets and blocks of a scene.

    Args:
        rng: Source of randomness.
        extent: Side of the scene in metres; streets extend beyond it on all sides.

    Returns:
        The network in scene coordinates: metres from the upper left corner, y downwards.
    """
    frame = _Frame(rng, extent)
    reach = 0.75 * extent + 40.0
    us, vs = _lines(rng, reach, BLOCK_WIDTH), _lines(rng, reach, BLOCK_LENGTH)
    mid_u, mid_v = np.meshgrid((us[:-1] + us[1:]) / 2, (vs[:-1] + vs[1:]) / 2, indexing="ij")
    centres = frame(mid_u, mid_v)
    kinds = _kinds(rng, centres.reshape(-1, 2), extent).reshape(mid_u.shape)
    network = Network(angle=frame.angle)
    for i in range(len(us) - 1):
        for j in range(len(vs) - 1):
            ring = _outline(frame, us[i], us[i + 1], vs[j], vs[j + 1])
            network.blocks.append((shapely.Polygon(ring), str(kinds[i, j])))
    _add_streets(network, rng, frame, us, vs, kinds, along_v=True)
    _add_streets(network, rng, frame, vs, us, kinds.T, along_v=False)
    return network


def _outline(frame: _Frame, u0: float, u1: float, v0: float, v1: float) -> Points:
    t = np.linspace(0, 1, 9)[:-1]
    u = np.concatenate([u0 + t * (u1 - u0), 0 * t + u1, u1 + t * (u0 - u1), 0 * t + u0])
    v = np.concatenate([0 * t + v0, v0 + t * (v1 - v0), 0 * t + v1, v1 + t * (v0 - v1)])
    return frame(u, v)


def _add_streets(
    network: Network,
    rng: np.random.Generator,
    frame: _Frame,
    across: NDArray[np.float64],
    along: NDArray[np.float64],
    kinds: NDArray[np.str_],
    along_v: bool,
) -> None:
    """Add the streets at constant ``across``; ``kinds`` is indexed (across, along)."""
    first_main = int(rng.integers(0, 3))
    for i in range(1, len(across) - 1):
        main = i % 3 == first_main
        width = float(rng.uniform(*(MAIN_WIDTH if main else SIDE_WIDTH)))
        for j in range(len(along) - 1):
            before, after = str(kinds[i - 1, j]), str(kinds[i, j])
            rural = before in ("field", "park") and after in ("field", "park")
            if not main and (rural or rng.random() < 0.08):
                continue
            count = max(int((along[j + 1] - along[j]) / STEP), 2)
            t = np.linspace(along[j], along[j + 1], count + 1)
            same = np.full_like(t, across[i])
            line = frame(same, t) if along_v else frame(t, same)
            sides = (before, after) if along_v else (after, before)
            network.streets.append(Street(line, width, main, sides))
