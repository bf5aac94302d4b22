"""What is kept of a model's predictions, from which all criteria are computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmda.selection.identity import Tiles
from mmda.utils.files import atomic_path

VIEW = "view."


@dataclass(frozen=True)
class Statistics:
    """A model's predictions for the same tiles and pixels as every other model's.

    Attributes:
        samples: Class probabilities of the sampled target pixels, float32 (P, C).
        counts: Number of target pixels with data by predicted class, int64 (C,).
        views: By name of a view, the number of pixels by the class predicted for the tile (rows)
            and for its changed view (columns), int64 (C, C).
        source: Confusion matrix (C, C), int64, of the source's validation tiles, rows by label;
            ``None`` without labelled source tiles.
        target: The target tiles.
        adapted: Whether the model's batch-norm statistics were taken from the target.
    """

    samples: np.ndarray
    counts: np.ndarray
    views: Mapping[str, np.ndarray]
    source: np.ndarray | None = None
    target: Tiles | None = None
    adapted: bool = False

    @property
    def num_classes(self) -> int:
        """Number of classes C."""
        return len(self.counts)

    def save(self, path: Path) -> None:
        """Write a compressed ``.npz`` file."""
        arrays = {
            "samples": self.samples,
            "counts": self.counts,
            "adapted": np.array(self.adapted),
        }
        arrays |= {VIEW + name: matrix for name, matrix in self.views.items()}
        if self.source is not None:
            arrays["source"] = self.source
        if self.target is not None:
            arrays["target"] = np.array([self.target.name, self.target.digest])
        with atomic_path(path) as temporary:
            np.savez_compressed(temporary, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Statistics:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            views = {k.removeprefix(VIEW): file[k] for k in file.files if k.startswith(VIEW)}
            source = file["source"] if "source" in file.files else None
            target = Tiles(*map(str, file["target"])) if "target" in file.files else None
            adapted = bool(file["adapted"])
            return cls(file["samples"], file["counts"], views, source, target, adapted)


def shares(counts: np.ndarray) -> np.ndarray:
    """Return counts (C,) as shares of their sum, NaN where there is nothing."""
    total = counts.sum()
    return counts / total if total else np.full(counts.shape, np.nan)


def agreement(matrix: np.ndarray) -> float:
    """Return the mean IoU of two class maps, in which a class that neither has counts as 0.

    So two maps of one and the same class agree by ``1 / C`` only: they tell nothing.

    Args:
        matrix: Number of pixels by class in the one and in the other, (C, C).

    Returns:
        0 to 1.
    """
    hits = np.diag(matrix)
    union = matrix.sum(0) + matrix.sum(1) - hits
    return float((hits / np.maximum(union, 1)).mean())
