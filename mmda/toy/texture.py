"""Noise textures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def octaves(
    rng: np.random.Generator, size: int, coarsest: float, count: int, persistence: float = 0.6
) -> Image:
    """Return multi-octave value noise.

    Args:
        rng: Source of randomness.
        size: Side of the square in pixels.
        coarsest: Wavelength of the first octave in pixels; each next one is half as long.
        count: Number of octaves.
        persistence: Amplitude of an octave relative to the one before.

    Returns:
        (size, size) float32 with mean about 0 and standard deviation about 1.
    """
    total = np.zeros((size, size), dtype=np.float32)
    power = 0.0
    for octave in range(count):
        cells = max(round(size / max(coarsest / 2**octave, 1.0)), 2)
        grid = rng.standard_normal((cells, cells), dtype=np.float32)
        weight = persistence**octave
        total += weight * cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
        # Cubic interpolation lowers the variance to about 0.6, if there is any interpolation.
        power += weight**2 * (1.0 if cells == size else 0.6)
    return np.asarray(total / np.float32(np.sqrt(power)), dtype=np.float32)


def stripes(rows: Image, columns: Image, angle: Image, period: Image, waviness: Image) -> Image:
    """Return stripes in -1 .. 1.

    Args:
        rows: Row numbers, pixels.
        columns: Column numbers, pixels.
        angle: Direction along the stripes per pixel, radians.
        period: Distance between stripes, pixels.
        waviness: Phase added per pixel, radians.
    """
    across = columns * -np.sin(angle) + rows * np.cos(angle)
    return np.asarray(np.sin(2 * np.pi * across / period + waviness), dtype=np.float32)
