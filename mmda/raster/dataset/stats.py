"""Streaming statistics of tiles, in float64 and mergeable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mmda.raster.scene import SPLITS

_EXACT = 2**24  # OpenCV counts in float32, which holds every whole number up to here


@dataclass
class BandStatistics:
    """Count, mean and sum of squared deviations per band.

    Attributes:
        count: Number of valid pixels.
        mean: ``(bands,)``, float64.
        m2: Sum of squared deviations from the mean, ``(bands,)``, float64.
        low: Smallest value, ``(bands,)``, float64; infinite without pixels.
        high: Largest value, ``(bands,)``, float64; infinite without pixels.
    """

    count: int
    mean: np.ndarray
    m2: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def empty(cls, bands: int) -> BandStatistics:
        """Return the statistics of no pixels."""
        none = np.full(bands, np.inf)
        return cls(0, np.zeros(bands), np.zeros(bands), none, -none)

    @classmethod
    def merged(cls, bands: int, parts: Iterable[BandStatistics]) -> BandStatistics:
        """Return the statistics of all pixels of the parts, merged in their order."""
        total = cls.empty(bands)
        for part in parts:
            total.merge(part)
        return total

    @classmethod
    def of(cls, image: np.ndarray, valid: np.ndarray | None = None) -> BandStatistics:
        """Return the statistics of one tile.

        Args:
            image: ``(bands, height, width)``.
            valid: ``(height, width)``, bool; ``None`` when every pixel is valid.
        """
        count = image[0].size if valid is None else int(valid.sum())
        mask = None if valid is None else valid.astype(np.uint8)
        moments = [cv2.meanStdDev(band, mask=mask) for band in image]
        mean = np.array([m.item() for m, _ in moments])
        deviation = np.array([s.item() for _, s in moments])
        if count == 0:
            return cls.empty(len(image))
        extremes = np.array([cv2.minMaxLoc(band, mask)[:2] for band in image], float)
        return cls(count, mean, deviation**2 * count, *extremes.T)

    def merge(self, other: BandStatistics) -> None:
        """Add the pixels of ``other`` (Chan, Golub and LeVeque 1979)."""
        total = self.count + other.count
        if total == 0:
            return
        delta = other.mean - self.mean
        self.mean = self.mean + delta * (other.count / total)
        self.m2 = self.m2 + other.m2 + delta**2 * (self.count * other.count / total)
        self.count = total
        self.low = np.minimum(self.low, other.low)
        self.high = np.maximum(self.high, other.high)

    @property
    def std(self) -> np.ndarray:
        """Population standard deviation per band, ``(bands,)``, float64."""
        return np.sqrt(self.m2 / max(self.count, 1))

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain numbers; floats survive exactly."""
        values = {name: getattr(self, name).tolist() for name in ("mean", "m2", "low", "high")}
        return {"count": self.count, **values}

    def summary(self) -> dict[str, list[float]]:
        """Return mean, standard deviation, smallest and largest value per band."""
        return {
            "mean": self.mean.tolist(),
            "std": self.std.tolist(),
            "min": self.low.tolist(),
            "max": self.high.tolist(),
        }

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> BandStatistics:
        """Restore :meth:`to_json`."""
        arrays = (np.array(state[name]) for name in ("mean", "m2", "low", "high"))
        return cls(state["count"], *arrays)


def class_pixels(label: np.ndarray, classes: int) -> tuple[list[int], int]:
    """Count the pixels of every class, and the ignored ones.

    Args:
        label: Class ids, uint8, 255 = ignore.
        classes: Number of classes.

    Returns:
        Pixels per class, and ignored pixels.
    """
    counts = np.zeros(256, np.int64)
    rows = max(1, _EXACT // label.shape[1])
    for row in range(0, label.shape[0], rows):
        part = np.ascontiguousarray(label[row : row + rows])
        counts += cv2.calcHist([part], [0], None, [256], [0, 256]).ravel().astype(np.int64)
    return [int(n) for n in counts[:classes]], int(counts[255])


def pixels_per_split(labelled: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """Sum the pixels of every class over the tiles of each split.

    Args:
        labelled: Manifest rows of the tiles that have labels.
    """
    sums: dict[str, list[int]] = {}
    for split in SPLITS:
        counts = [row["class_pixels"] for row in labelled if row["split"] == split]
        if counts:
            sums[split] = [sum(column) for column in zip(*counts, strict=True)]
    return sums
