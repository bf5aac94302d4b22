"""The predictions of an unfinished sweep on disk, by batch."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mmda.utils.files import atomic_path, atomic_write_text

_BATCH = re.compile(r"(\d{8})\.feather")


class Prediction(NamedTuple):
    """The prediction for one tile.

    Attributes:
        tile: The tile's id.
        label: Arg-max, (H, W) uint8; 255 where the tile has no data.
        bins: Bin of the arg-max's probability, (H, W) uint16, below ``BINS``.
    """

    tile: str
    label: np.ndarray
    bins: np.ndarray


class PredictionStore:
    """Predictions in ``folder``, one compressed file per batch; no file is incomplete.

    The batches of a sweep are fixed (batch ``b`` begins with tile ``b * size``), so that a resumed
    sweep predicts the missing ones exactly as an uninterrupted sweep.

    Args:
        folder: A folder that has no other content.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = folder / "key.json"

    def begin(self, key: str) -> None:
        """Prepare the store; predictions of another ``key`` are deleted."""
        if self.folder.exists() and self.key() != key:
            self.clear()
        self.folder.mkdir(parents=True, exist_ok=True)
        atomic_write_text(self._key, json.dumps(key))

    def key(self) -> str | None:
        """Return the digest of what the predictions depend on; None if there are none."""
        return json.loads(self._key.read_text()) if self._key.exists() else None

    def finished(self) -> list[int]:
        """Return the numbers of the stored batches, in order."""
        names = [_BATCH.fullmatch(path.name) for path in self.folder.iterdir()]
        return sorted(int(name[1]) for name in names if name)

    def save(self, number: int, predictions: Sequence[Prediction]) -> None:
        """Write one batch."""
        import pyarrow
        import pyarrow.feather

        table = pyarrow.table(
            {
                "tile": [p.tile for p in predictions],
                "height": [p.label.shape[0] for p in predictions],
                "label": [p.label.tobytes() for p in predictions],
                "bins": [p.bins.tobytes() for p in predictions],
            }
        )
        with atomic_path(self._path(number)) as temporary:
            pyarrow.feather.write_feather(
                table, str(temporary), compression="zstd", compression_level=1
            )

    def load(self, number: int) -> list[Prediction]:
        """Read one batch."""
        import pyarrow.feather

        table = pyarrow.feather.read_table(str(self._path(number)), memory_map=False)
        predictions = []
        for row in table.to_pylist():
            label = np.frombuffer(row["label"], np.uint8).reshape(row["height"], -1)
            bins = np.frombuffer(row["bins"], np.uint16).reshape(label.shape)
            predictions.append(Prediction(row["tile"], label, bins))
        return predictions

    def clear(self) -> None:
        """Delete the store."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.feather"
