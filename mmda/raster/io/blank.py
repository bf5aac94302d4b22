"""Areas without data that are marked by their colour alone: large, connected, exactly white."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from mmda.errors import ConfigError


class BlankAreas:
    """The blank areas of one scene, found at first use and kept while the scene is open.

    A pixel is blank where all bands hold the highest value of their type and at least
    ``smallest`` such pixels are connected by their edges; smaller white specks are bright roofs.
    The whole raster is read at once, since an area may reach over any tile: 4 bytes per pixel.

    Args:
        smallest: Pixels of the smallest blank area, at least 1.
    """

    def __init__(self, smallest: int) -> None:
        if smallest < 1:
            raise ConfigError(f"A blank area has at least 1 pixel, but got {smallest}.")
        self._smallest = smallest
        self._lock = threading.Lock()
        self._searched = False
        self._missing: np.ndarray | None = None

    def find(self, dataset: Any, bands: Sequence[int]) -> np.ndarray | None:
        """Return where the open raster is blank, ``(height, width)`` bool; ``None`` for nowhere.

        Raises:
            rasterio.errors.RasterioError: When the raster cannot be read.
        """
        with self._lock:
            if not self._searched:
                self._missing = find_blank(dataset.read(list(bands)), self._smallest)
                self._searched = True
        return self._missing


def find_blank(image: np.ndarray, smallest: int) -> np.ndarray | None:
    """Return the blank areas of ``image`` ``(bands, height, width)``, see :class:`BlankAreas`."""
    white = (image == full_value(image.dtype)).all(axis=0)
    if int(white.sum()) < smallest:
        return None
    _, areas, facts, _ = cv2.connectedComponentsWithStats(white.astype(np.uint8), connectivity=4)
    large = facts[:, cv2.CC_STAT_AREA] >= smallest
    large[0] = False  # all that is not white
    return large[areas] if large.any() else None


def full_value(dtype: np.dtype) -> float:
    """Return the value of white: the highest of an integer type, 1 of a float type."""
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)
