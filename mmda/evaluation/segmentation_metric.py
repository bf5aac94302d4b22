"""The metric of all segmentation tasks."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.dist import is_main_process
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from prettytable import PrettyTable

from mmda.errors import ConfigError, DataError, did_you_mean
from mmda.evaluation.confusion import Scores, confusion_matrix, scores
from mmda.registry import METRICS
from mmda.utils import atomic_path


@METRICS.register_module()
class SegmentationMetric(BaseMetric):
    """IoU and F1 per class and their means, from one confusion matrix of all pixels of the set.

    Results: ``mIoU``, ``mF1``, ``aAcc``, ``IoU/<class>``, ``F1/<class>`` and ``mIoU/<subset>``, in
    percent.

    Args:
        subsets: Lists of class names by the name of the subset, e.g. SYNTHIA's 16 and 13 classes.
            The mean IoU of each is reported as well.
        main: Name of the subset over which ``mIoU`` and ``mF1`` are means; by default all classes.
        ignore_index: Label of pixels that do not count.
        csv_file: File for the confusion matrix; None to write none.
        collect_device: As in MMEngine.
        prefix: As in MMEngine.

    Raises:
        ConfigError: When ``main`` is not a subset, or a subset names an unknown class.
    """

    default_prefix = None

    def __init__(
        self,
        subsets: dict[str, Sequence[str]] | None = None,
        main: str | None = None,
        ignore_index: int = 255,
        csv_file: str | None = None,
        collect_device: str = "cpu",
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.subsets, self.main = subsets or {}, main
        self.ignore_index, self.csv_file = ignore_index, csv_file
        if main is not None and main not in self.subsets:
            raise ConfigError(
                f"SegmentationMetric: `main` is `{main}`, but the subsets are "
                f"{sorted(self.subsets)}." + did_you_mean(main, self.subsets)
            )

    @property
    def dataset_meta(self) -> dict | None:
        """The data's ``classes`` and ``palette``; set before the first iteration of a run."""
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, meta: dict) -> None:
        for subset, members in self.subsets.items():
            for member in members:
                if member not in meta["classes"]:
                    raise ConfigError(
                        f"SegmentationMetric: the subset `{subset}` names the class `{member}`, "
                        f"which is not in the data." + did_you_mean(member, meta["classes"])
                    )
        self._dataset_meta = meta

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Count one batch of predictions."""
        classes = len(self._dataset_meta["classes"])
        for sample in data_samples:
            prediction = sample["pred_sem_seg"]["data"].squeeze(0).cpu().numpy()
            label = sample["gt_sem_seg"]["data"].squeeze(0).cpu().numpy()
            try:
                matrix = confusion_matrix(prediction, label, classes, self.ignore_index)
            except ValueError as error:
                raise DataError(f"`{sample.get('seg_map_path')}`: {error}") from error
            self.results.append(matrix)

    def compute_metrics(self, results: list[np.ndarray]) -> dict[str, float]:
        """Return all scores of the summed confusion matrices."""
        names = list(self._dataset_meta["classes"])
        matrix = np.sum(results, axis=0)
        result = scores(matrix)
        metrics = {"mIoU": result.miou, "mF1": result.mf1, "aAcc": result.accuracy}
        for name, members in self.subsets.items():
            index = [names.index(member) for member in members]
            metrics[f"mIoU/{name}"] = float(np.nanmean(result.iou[index]))
            if name == self.main:
                metrics["mIoU"] = metrics[f"mIoU/{name}"]
                metrics["mF1"] = float(np.nanmean(result.f1[index]))
        metrics.update({f"IoU/{n}": float(v) for n, v in zip(names, result.iou, strict=True)})
        metrics.update({f"F1/{n}": float(v) for n, v in zip(names, result.f1, strict=True)})
        self._log(names, result)
        if self.csv_file and is_main_process():
            self._write_csv(names, matrix)
        return metrics

    def _log(self, names: list[str], result: Scores) -> None:
        table = PrettyTable(["class", "IoU", "F1"])
        for name, iou, f1 in zip(names, result.iou, result.f1, strict=True):
            table.add_row([name, f"{iou:.2f}", f"{f1:.2f}"])
        MMLogger.get_current_instance().info("scores per class (%%)\n%s", table)

    def _write_csv(self, names: list[str], matrix: np.ndarray) -> None:
        path = Path(str(self.csv_file))
        with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["label \\ prediction", *names])
            for name, row in zip(names, matrix, strict=True):
                writer.writerow([name, *row.tolist()])
