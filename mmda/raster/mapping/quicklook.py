"""A small picture of a mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from mmda.raster.mapping.legend import LegendEntry

LONGEST = 1024  # pixels of the longer side


def quicklook(mask: Any, legend: Sequence[LegendEntry]) -> bytes:
    """Return the picture of an open mask as PNG: classes in their colours, no data transparent.

    A large mask's overviews are read, so the cost does not grow with its size.
    """
    scale = min(1, LONGEST / max(mask.shape))
    shape = tuple(max(1, round(side * scale)) for side in mask.shape)
    ids = mask.read(1, out_shape=shape)
    table = np.zeros((256, 4), np.uint8)
    for value, _, (red, green, blue) in legend:
        table[value] = blue, green, red, 255
    return cv2.imencode(".png", table[ids])[1].tobytes()
