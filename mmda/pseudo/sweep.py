"""The sweep over a target set: predict, choose thresholds, write labels; resumable."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import (
    all_gather_object,
    all_reduce,
    barrier,
    broadcast_object_list,
    get_dist_info,
)
from torch.utils.data import DataLoader
from tqdm import tqdm

from mmda.datasets.batching import same_size_batches
from mmda.errors import ConfigError
from mmda.models.alignments import evaluating
from mmda.pseudo.counts import confidence_histograms
from mmda.pseudo.folder import PseudoLabelFolder
from mmda.pseudo.manifest import write_label_manifest
from mmda.pseudo.network import NetworkPredictor, weights_digest
from mmda.pseudo.report import PseudoLabelReport
from mmda.pseudo.store import Prediction, PredictionStore
from mmda.pseudo.thresholds import BINS, ThresholdRule, threshold_bins
from mmda.pseudo.writer import THREADS, LabelWriter, Truths, WrittenLabels
from mmda.raster.dataset.manifest import PSEUDO
from mmda.utils.files import ensure_free_space
from mmda.utils.seeding import capture_rng, restore_rng
from mmda.utils.threads import map_in_threads


@dataclass(frozen=True)
class SweepSummary:
    """The result of a sweep.

    Attributes:
        report: Thresholds, kept pixels and accuracies.
        predicted: Number of tiles that this process predicted, without those of an earlier, killed
            sweep and of other processes.
        seconds: Duration of the sweep.
        network_seconds: Part of it for the network's forward pass.
    """

    report: PseudoLabelReport
    predicted: int
    seconds: float
    network_seconds: float


class Sweep:
    """Pseudo-labels of one dataset by one model.

    Each process takes its share of the batches. The memory does not depend on the number of tiles,
    as predictions are written to disk and only one histogram per class is kept.

    Args:
        model: The :class:`~mmda.models.UDASegmentor`, without a distributed wrapper.
        dataset: A :class:`~mmda.datasets.TiledDataset` with ``labelled=False`` and a pipeline
            without random transforms, at the scale that the model is evaluated at.
        out: Folder for the labels.
        rule: How thresholds are chosen.
        truth: The same dataset with labels and ``LoadTile`` as its pipeline, from which accuracies
            are computed and nothing else; None to report no accuracies.
        softmax: ``'after'`` or ``'before'``, see :class:`~mmda.pseudo.network.NetworkPredictor`.
        batch_size: Largest number of tiles per batch; the tiles of a batch have the same size.
        num_workers: Number of processes that load tiles.
        overwrite: Whether labels of another model in ``out`` may be replaced.
        progress: Whether to show progress bars on stderr.

    Raises:
        ConfigError: When ``batch_size`` or ``num_workers`` is out of range, or the model's
            ``test_time`` keeps what it learns from each batch.
    """

    def __init__(
        self,
        model: Any,
        dataset: Any,
        out: str,
        rule: ThresholdRule,
        truth: Any = None,
        *,
        softmax: str = "after",
        batch_size: int = 4,
        num_workers: int = 0,
        overwrite: bool = False,
        progress: bool = True,
    ) -> None:
        if batch_size < 1 or num_workers < 0:
            raise ConfigError(
                "Pseudo-labels need a batch size of 1 or more and 0 or more workers, got "
                f"{batch_size} and {num_workers}."
            )
        model.test_time.check_repeatable()
        self.model, self.dataset, self.truth, self.rule = model, dataset, truth, rule
        self.softmax = softmax
        self.folder = PseudoLabelFolder(out)
        self.batch_size, self.num_workers, self.overwrite = batch_size, num_workers, overwrite
        self._batches = same_size_batches(dataset, batch_size)
        self.rank, self.processes = get_dist_info()
        self.progress = progress and self.rank == 0
        self.classes = list(dataset.metainfo["classes"])

    def run(self) -> SweepSummary:
        """Predict the tiles that are not predicted yet, then write labels, manifest and report.

        Finished labels of the same model, dataset and rule are not written again.

        Raises:
            DataError: When ``out`` has other content, or the disk is full.
        """
        start = time.perf_counter()
        key = self._key()
        done = self._begin(key)
        if isinstance(done, PseudoLabelReport):
            return SweepSummary(done, 0, time.perf_counter() - start, 0.0)
        every = list(range(len(self._batches)))
        missing = self._share(sorted(set(every) - set(done)))
        predictor, store = NetworkPredictor(self.model, self.softmax), self.folder.store
        with evaluating(self.model), _random_states_kept():
            histograms = self._predict(predictor, store, missing)
            histograms = _summed(histograms + self._counted(self._share(done)))
            thresholds = self.rule.thresholds(histograms)
            lowest = threshold_bins(thresholds)
            seconds = predictor.seconds
            if self.rule.divides:
                seconds += self._predict_divided(key, lowest)
                store, lowest = self.folder.divided, np.full_like(lowest, BINS - 1)
        written = self._write(store, self._share(every), lowest)
        report = PseudoLabelReport.of(
            key, str(self.rule), len(self.dataset), self.classes, thresholds, written.counts
        )
        if self.rank == 0:
            target = self.dataset.tiles.root
            write_label_manifest(self.folder.root, target, self.dataset.split, written.rows)
            self.folder.finish(report, histograms, self._info(report))
        barrier()
        predicted = sum(len(self._batches[number]) for number in missing)
        return SweepSummary(report, predicted, time.perf_counter() - start, seconds)

    def _key(self) -> str:
        """Return a digest of all that the predictions depend on."""
        tiles = [self.dataset.get_data_info(i)["tile"] for i in range(len(self.dataset))]
        pipeline = re.sub(r" at 0x\w+", "", repr(self.dataset.pipeline))
        root = str(self.dataset.tiles.root.absolute())
        parts = [weights_digest(self.model), root, tiles, pipeline, self.batch_size, BINS]
        parts += [self.softmax, repr(self.model.test_time)]
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()

    def _begin(self, key: str) -> list[int] | PseudoLabelReport:
        """Return the numbers of the predicted batches, or the report if the labels are finished."""
        found: list[Any] = [None]
        if self.rank == 0:
            report = self.folder.report()
            same = report is not None and (report.key, report.rule) == (key, str(self.rule))
            if report is not None and same and (report.judged or self.truth is None):
                found = [report]
            else:
                self.folder.begin(key, self.overwrite)
                side = self.dataset.info.get("tile") or 0
                stored = 5 if self.rule.divides else 3  # bytes per pixel: 2 or 4, and the label
                ensure_free_space(self.folder.root, stored * len(self.dataset) * side**2)
                found = [self.folder.store.finished()]
        broadcast_object_list(found)
        return found[0]

    def _share(self, numbers: list[int]) -> list[int]:
        """Return this process's share of a list that is the same in all processes."""
        return numbers[self.rank :: self.processes]

    def _predict_divided(self, key: str, lowest: np.ndarray) -> float:
        """Predict again, with probabilities divided by thresholds; return the network's seconds."""
        store, found = self.folder.divided, [list[int]()]
        if self.rank == 0:
            store.begin(f"{key} {lowest.tolist()}")
            found = [store.finished()]
        broadcast_object_list(found)
        predictor = NetworkPredictor(self.model, self.softmax, lowest)
        missing = sorted(set(range(len(self._batches))) - set(found[0]))
        self._predict(predictor, store, self._share(missing))
        barrier()  # before the batches are shared anew
        return predictor.seconds

    def _predict(
        self, predictor: NetworkPredictor, store: PredictionStore, numbers: list[int]
    ) -> np.ndarray:
        """Predict batches and store them; return their histograms (C, BINS)."""
        loader = DataLoader(
            self.dataset,
            batch_sampler=[self._batches[number] for number in numbers],
            num_workers=self.num_workers,
            collate_fn=pseudo_collate,
        )
        histograms = np.zeros((len(self.classes), BINS), np.int64)

        def predicted() -> Iterator[tuple[int, list[Prediction]]]:
            for number, data in zip(numbers, loader, strict=True):
                predictions, counts = predictor(data)
                np.add(histograms, counts, out=histograms)
                yield number, predictions

        with self._bar(numbers, "predicting") as bar:
            for _ in map_in_threads(lambda job: store.save(*job), predicted(), THREADS):
                bar.update()
        return histograms

    def _counted(self, numbers: list[int]) -> np.ndarray:
        """Count the pixels of the batches that an earlier sweep predicted, (C, BINS)."""
        histograms = np.zeros((len(self.classes), BINS), np.int64)
        for number in numbers:
            for prediction in self.folder.store.load(number):
                histograms += confidence_histograms(prediction, len(self.classes))
        return histograms

    def _write(
        self, store: PredictionStore, numbers: list[int], lowest: np.ndarray
    ) -> WrittenLabels:
        """Write the labels of batches; return the labels that all processes have written."""
        writer = LabelWriter(self.folder.root, store, lowest)

        def jobs() -> Iterator[tuple[int, Truths]]:
            # True labels are read in this thread, as raster handles cannot be shared by threads.
            for number in numbers:
                yield number, [self._true_label(index) for index in self._batches[number]]

        own, total = (WrittenLabels.nothing(len(self.classes)) for _ in range(2))
        with self._bar(numbers, "writing") as bar:
            for written in map_in_threads(lambda job: writer.write(*job), jobs(), THREADS):
                own.merge(written)
                bar.update()
        for part in all_gather_object(own):
            total.merge(part)
        return total

    def _true_label(self, index: int) -> np.ndarray | None:
        return None if self.truth is None else self.truth[index]["gt_seg_map"]

    def _info(self, report: PseudoLabelReport) -> dict[str, Any]:
        """Return the ``dataset.json`` of the labels: the target's, with the model's classes."""
        split = self.dataset.split
        return {
            **self.dataset.info,
            "classes": self.classes,
            "palette": [list(color) for color in self.dataset.metainfo["palette"]],
            "domain": self.dataset.domain,
            "labelled": True,
            PSEUDO: True,
            "labelled_splits": [split],
            "splits": {split: report.tiles},
            "class_pixels": {split: [one.kept for one in report.classes]},
        }

    def _bar(self, numbers: list[int], what: str) -> tqdm:
        text = f"pseudo-labels: {what}"
        return tqdm(total=len(numbers), unit="batch", desc=text, disable=not self.progress)


def _summed(counts: np.ndarray) -> np.ndarray:
    """Return counts summed over processes."""
    total = torch.from_numpy(counts)
    all_reduce(total)
    return total.numpy()


@contextmanager
def _random_states_kept() -> Iterator[None]:
    """Restore the random states after the block."""
    states = capture_rng()
    try:
        yield
    finally:
        restore_rng(states)
