"""The folder of finished pseudo-labels: a tiled dataset without images of its own.

``labels/<tile>.png``, ``manifest.parquet`` (georeference, image and label of each tile),
``dataset.json``, ``histograms.npy`` and the report ``pseudo_labels.json``, which is written last.
Where only easy tiles are labelled, ``hard.txt`` and ``tile_entropy.csv`` follow.
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
HARD, RANKING = "hard.txt", "tile_entropy.csv"
"""Of easy tiles alone, see :func:`mmda.pseudo.easy.rank_tiles`."""


class PseudoLabelFolder:
    """Pseudo-labels on disk, finished or in progress.

    Args:
        root: The folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self.store = PredictionStore(self.root / ".sweep")
        #: The second prediction of each tile, for rules that divide by thresholds.
        self.divided = PredictionStore(self.root / ".divided")

    def report(self) -> PseudoLabelReport | None:
        """Return the report of the finished labels; None if they are not finished.

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
        """Prepare the folder for labels of ``key``.

        Args:
            key: Digest of the network, the tiles and the settings.
            overwrite: Whether labels of another key may be replaced.

        Raises:
            DataError: When the folder has other content.
        """
        finished, started = self.report(), self.store.key()
        if finished is None and started is None and (self.root / DATASET_INFO).exists():
            raise DataError(
                f"`{self.root}` is a tiled dataset and not a folder of pseudo-labels. Choose "
                "another folder."
            )
        others = {finished.key if finished else None, started} - {None, key}
        if others and not overwrite:
            raise DataError(
                f"`{self.root}` has pseudo-labels of another checkpoint, dataset or batch size. "
                "Choose another folder, or replace them with --overwrite."
            )
        self.store.begin(key)  # first, so that a run that is killed now recognises its folder
        for name in (REPORT, HARD, RANKING):
            (self.root / name).unlink(missing_ok=True)

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
        self.divided.clear()
