"""Writes label files from predictions and thresholds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmda.pseudo.counts import LabelCounts, keep
from mmda.pseudo.manifest import LabelRow
from mmda.pseudo.store import Prediction, PredictionStore
from mmda.raster.dataset.tile_files import pseudo_label_path
from mmda.raster.tiling.encode import encode_label, write_tile

THREADS = 4  # that write files
Truths = list[np.ndarray | None]


@dataclass
class WrittenLabels:
    """Counts and manifest rows of written labels.

    Attributes:
        counts: Pixels per class.
        rows: The labels' part of the manifest, by tile id.
    """

    counts: LabelCounts
    rows: dict[str, LabelRow] = field(default_factory=dict)

    @classmethod
    def nothing(cls, num_classes: int) -> WrittenLabels:
        """Return counts of 0 and no rows."""
        return cls(LabelCounts.zeros(num_classes))

    def merge(self, other: WrittenLabels) -> None:
        """Add the tiles of ``other``."""
        self.counts.merge(other.counts)
        self.rows.update(other.rows)


class LabelWriter:
    """Turns the stored predictions of a batch into label files.

    Args:
        root: Folder of the labels.
        store: The predictions.
        lowest: The lowest bin of confidence that is kept, for each class, (C,).
    """

    def __init__(self, root: Path, store: PredictionStore, lowest: np.ndarray) -> None:
        self.root, self.store, self.lowest = root, store, lowest

    def write(self, number: int, truths: Truths) -> WrittenLabels:
        """Write the labels of one batch; safe to call from several threads.

        Args:
            number: Number of the batch.
            truths: The true label of each of its tiles; None for a tile without one.
        """
        written = WrittenLabels.nothing(len(self.lowest))
        for prediction, truth in zip(self.store.load(number), truths, strict=True):
            label = keep(prediction, self.lowest)
            written.counts.add(prediction.label, label, truth)
            written.rows[prediction.tile] = self._write_label(prediction, label)
        return written

    def _write_label(self, prediction: Prediction, label: np.ndarray) -> LabelRow:
        path = pseudo_label_path(self.root, prediction.tile)
        written = write_tile(path, encode_label(label))
        counts = np.bincount(label.ravel(), minlength=256)
        classes = len(self.lowest)
        return LabelRow(
            path.relative_to(self.root).as_posix(),
            written.size,
            written.crc32,
            counts[:classes].tolist(),
            int(counts[classes:].sum()),
        )
