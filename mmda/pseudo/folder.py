"""The folder of finished pseudo-labels: a tiled dataset whose images lie elsewhere.

``labels/<tile>.png``, ``manifest.parquet`` (georeference, image and label of each tile),
``dataset.json``, ``histograms.npy`` and, written last of all, ``pseudo_labels.json``: the report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmda.errors import DataError
from mmda.pseudo.report import PseudoLabelReport
from mmda.pseudo.store import PredictionStore
from mmda.raster.dataset.manifest import DATASET_INFO
from mmda.utils.files import atomic_path, atomic_write_json

REPORT = "pseudo_labels.json"
HISTOGRAMS = "histograms.npy"


class PseudoLabelFolder:
    """Pseudo-labels on disk, finished or on the way.

    Args:
        root: The folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self.store = PredictionStore(self.root / ".sweep")

    def report(self) -> PseudoLabelReport | None:
        """Return the report of finished labels, or None.

        Raises:
            DataError: When it cannot be read.
        """
        path = self.root / REPORT
        if not path.exists():
            return None
        try:
            return PseudoLabelReport.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"`{path}` cannot be read ({error!r}): delete it and run the sweep again."
            ) from error

    def histograms(self) -> np.ndarray:
        """Return the pixels by predicted class and bin of confidence, (C, BINS) int64."""
        return np.load(self.root / HISTOGRAMS)

    def begin(self, key: str, overwrite: bool) -> None:
        """Make the folder ready for labels of ``key``.

        Args:
            key: Names network, tiles and settings.
            overwrite: Whether labels of another key may be replaced.

        Raises:
            DataError: When the folder holds something else.
        """
        finished, started = self.report(), self.store.key()
        if finished is None and started is None and (self.root / DATASET_INFO).exists():
            raise DataError(
                f"`{self.root}` is a tiled dataset and no folder of pseudo-labels. Choose another "
                "folder."
            )
        others = {finished.key if finished else None, started} - {None, key}
        if others and not overwrite:
            raise DataError(
                f"`{self.root}` holds pseudo-labels of another checkpoint or dataset, or in other "
                "batches. Choose another folder, or replace them with --overwrite."
            )
        self.store.begin(key)  # first: a killed run must know its folder again
        (self.root / REPORT).unlink(missing_ok=True)

    def finish(
        self, report: PseudoLabelReport, histograms: np.ndarray, info: Mapping[str, Any]
    ) -> None:
        """Write ``dataset.json``, histograms and report; delete the predictions.

        Args:
            report: The report.
            histograms: (C, BINS) int64.
            info: Content of ``dataset.json``.
        """
        atomic_write_json(self.root / DATASET_INFO, info)
        with atomic_path(self.root / HISTOGRAMS) as temporary:
            np.save(temporary, histograms)
        atomic_write_json(self.root / REPORT, report.to_json())
        self.store.clear()
