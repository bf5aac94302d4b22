"""The camera: blur, haze, colour response, noise, quantisation."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mmda.toy.style import Sensor

HAZE_COLOUR = np.array([0.66, 0.70, 0.76], dtype=np.float32)
DISPLAY_GAMMA = 0.75
"""Exponent from reflectance to grey value, the same for all cities."""


def photograph(
    rng: np.random.Generator, reflectance: NDArray[np.float32], sensor: Sensor
) -> NDArray[np.uint8]:
    """Return the image that a sensor takes of a scene.

    Args:
        rng: Source of randomness, for the noise.
        reflectance: (H, W, 3) float32, 0 to about 1.
        sensor: The camera.

    Returns:
        (H, W, 3) uint8 from 1 to 255, as 0 means no-data.
    """
    image = cv2.GaussianBlur(reflectance, (0, 0), sensor.blur) if sensor.blur > 0 else reflectance
    haze = np.float32(sensor.haze)
    image = image * (1 - haze) + haze * HAZE_COLOUR
    image = np.clip(image * np.array(sensor.gain, dtype=np.float32), 0, 1)
    image = cv2.pow(image, DISPLAY_GAMMA * sensor.gamma)
    grey = image.mean(axis=2, keepdims=True)
    image = grey + (image - grey) * np.float32(sensor.saturation)
    image = 0.5 + (image - 0.5) * np.float32(sensor.contrast)
    image += np.float32(sensor.noise) * rng.standard_normal(image.shape, dtype=np.float32)
    return np.asarray(np.clip(np.rint(image * 255), 1, 255), dtype=np.uint8)
