"""Sunlight: cast shadows and the brightness of roof planes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROOF_PITCH = np.deg2rad(28.0)
DIFFUSE_SHARE = 0.4
"""Share of sky light in the brightness of a roof plane; it does not depend on direction."""


def towards_sun(azimuth: float) -> tuple[float, float]:
    """Return the unit vector towards the sun, (right, down), for an azimuth in degrees."""
    angle = np.deg2rad(azimuth)
    return float(np.sin(angle)), float(-np.cos(angle))


def plane_shade(downhill: float, azimuth: float, elevation: float) -> float:
    """Return the brightness of a roof plane relative to flat ground.

    Args:
        downhill: Direction in which the plane falls, radians, (cos, sin) = (right, down).
        azimuth: Of the sun, degrees clockwise from north (up).
        elevation: Of the sun, degrees.
    """
    right, down = towards_sun(azimuth)
    facing = np.cos(downhill) * right + np.sin(downhill) * down
    height = np.deg2rad(elevation)
    direct = np.cos(ROOF_PITCH) + np.sin(ROOF_PITCH) * facing / np.tan(height)
    return float(np.clip(DIFFUSE_SHARE + (1 - DIFFUSE_SHARE) * direct, 0.55, 1.35))


def cast_shadows(
    height: NDArray[np.float32], gsd: float, azimuth: float, elevation: float
) -> NDArray[np.bool_]:
    """Return the pixels in the shadow of something between them and the sun.

    Args:
        height: (H, W) height of the surface above ground, metres.
        gsd: Metres per pixel.
        azimuth: Of the sun, degrees clockwise from north (up).
        elevation: Of the sun, degrees above the horizon.

    Returns:
        (H, W) bool.
    """
    right, down = towards_sun(azimuth)
    fall = np.tan(np.deg2rad(elevation)) * gsd
    light_floor = np.full_like(height, -1.0)
    rows, columns = height.shape
    for step in range(1, int(np.ceil(float(height.max()) / fall)) + 1):
        dy, dx = round(step * down), round(step * right)
        if abs(dy) >= rows or abs(dx) >= columns:
            break
        to = (slice(max(-dy, 0), rows - max(dy, 0)), slice(max(-dx, 0), columns - max(dx, 0)))
        of = (slice(max(dy, 0), rows - max(-dy, 0)), slice(max(dx, 0), columns - max(-dx, 0)))
        np.maximum(light_floor[to], height[of] - np.float32(step * fall), out=light_floor[to])
    return np.asarray(light_floor > height + 0.4)
