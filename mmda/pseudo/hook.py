"""Writes pseudo-labels in the middle of a training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.datasets.transforms import LoadPseudoLabel
from mmda.engine.loader_restart import restart_loader
from mmda.engine.unlabelled_data import evaluation_pipeline, unlabelled
from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError, DataError, check_choice
from mmda.models.alignments import PseudoLabels
from mmda.pseudo import PseudoLabelReport, ThresholdRule, format_report
from mmda.pseudo.folder import PseudoLabelFolder
from mmda.pseudo.network import SOFTMAX
from mmda.pseudo.sweep import Sweep
from mmda.registry import HOOKS


@HOOKS.register_module()
class PseudoLabelHook(Hook):
    """Begin the second step of self-training: label the target's training set, then train on it.

    At the iteration ``start`` of the :class:`~mmda.models.alignments.PseudoLabels` alignment, the
    model predicts the target's training set (the student or the teacher, according to the model's
    ``evaluate``), each process its share, and the labels are written; see
    :class:`~mmda.pseudo.sweep.Sweep`. From then on the target's ``LoadPseudoLabel`` reads them. The
    target's true labels, if there are any, are not read.

    A run that was killed and is resumed continues with the tiles that are not predicted yet, and
    its result equals an uninterrupted run's bit for bit. Save a checkpoint at ``start``; otherwise
    the iterations since the last one are repeated. Thresholds and histograms are part of the
    checkpoints. With ``start=0``, the config's ``load_from`` must name the weights that predict.

    Config::

        model = dict(alignments=dict(pseudo=dict(type='PseudoLabels', start=40_000)))
        custom_hooks = [dict(type='PseudoLabelHook', thresholds='median')]
        target_pipeline = [dict(type='LoadTile'), dict(type='LoadPseudoLabel'), ...]

    Args:
        thresholds: ``'median'``, ``'median:CAP'``, ``'fixed:T'``, ``'portion:P'`` or
            ``'balanced:P'``; see :class:`~mmda.pseudo.ThresholdRule`.
        out: Folder of the labels, the same for all processes; by default ``pseudo_labels`` in the
            work dir. Labels of an earlier run in it are replaced.
        softmax: ``'after'`` or ``'before'`` the maps are resized, see
            :class:`~mmda.pseudo.network.NetworkPredictor`.
        batch_size: Number of tiles per batch of the sweep.
        num_workers: Number of processes that load tiles in the sweep.
        pipeline: Transforms of the sweep; by default those of the test (or validation) set.
    """

    priority = "LOWEST"  # after the checkpoint hook

    def __init__(
        self,
        thresholds: str = "median",
        out: str | None = None,
        softmax: str = "after",
        batch_size: int = 4,
        num_workers: int = 0,
        pipeline: Sequence[dict] | None = None,
    ) -> None:
        self.rule = ThresholdRule.parse(thresholds)
        check_choice("softmax", softmax, SOFTMAX, "PseudoLabelHook")
        self.out, self.pipeline, self.softmax = out, pipeline, softmax
        self.batch_size, self.num_workers = batch_size, num_workers
        self.start = -1
        self._state: dict[str, Any] | None = None
        self._loaded: dict[str, Any] | None = None

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Remember on which labels the checkpoint's run was trained."""
        self._loaded = checkpoint.get("pseudo_labels")

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the labels' key, thresholds and histograms to the checkpoint."""
        if self._state is not None:
            checkpoint["pseudo_labels"] = self._state

    def before_train(self, runner: Runner) -> None:
        """Check the config; in a resumed run, write the labels or continue with them if due."""
        self.start = _alignments(runner)[0].start
        self._loader(runner)
        unwrapped(runner.model).test_time.check_repeatable()
        _check_trained(runner, self.start)
        _warn(runner, self.start)
        if runner.iter == self.start < runner.max_iters:
            self._sweep(runner)
        elif runner.iter > self.start:
            self._go_on(runner)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Write the labels after the last iteration of the first step."""
        if runner.iter + 1 == self.start < runner.max_iters:
            self._sweep(runner)
            restart_loader(runner, self.start)

    def _folder(self, runner: Runner) -> PseudoLabelFolder:
        return PseudoLabelFolder(self.out or Path(runner.work_dir) / "pseudo_labels")

    def _sweep(self, runner: Runner) -> None:
        model = unwrapped(runner.model)
        pipeline = self.pipeline or evaluation_pipeline(runner.cfg)
        dataset = unlabelled(runner.cfg.train_dataloader.dataset.target, pipeline)
        folder = self._folder(runner)
        summary = Sweep(
            model,
            dataset,
            str(folder.root),
            self.rule,
            softmax=self.softmax,
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            overwrite=True,
        ).run()
        share = 100 * summary.network_seconds / max(summary.seconds, 1e-9)
        runner.logger.info(
            f"Pseudo-labels of {summary.report.tiles} tiles in `{folder.root}`, thresholds "
            f"{self.rule}: {100 * summary.report.kept_fraction:.1f} % of the pixels kept, in "
            f"{summary.seconds:.0f} s ({share:.0f} % of them in the network)\n"
            + format_report(summary.report)
        )
        self._switch_on(runner, summary.report)

    def _go_on(self, runner: Runner) -> None:
        folder, wanted = self._folder(runner), self._loaded
        if wanted is None:
            raise ConfigError(
                f"The checkpoint of iteration {runner.iter} is from a run without pseudo-labels, "
                f"but by the config they begin at iteration {self.start}. Resume with the config "
                "that wrote the checkpoint, or set `load_from` to start from its weights alone."
            )
        report = folder.report()
        if report is None or report.key != wanted["key"]:
            state = "are missing" if report is None else "are of another run"
            raise DataError(
                f"The pseudo-labels in `{folder.root}` {state}. Resume from the checkpoint of "
                f"iteration {self.start} or an earlier one, so that they are written again."
            )
        self._switch_on(runner, report)

    def _switch_on(self, runner: Runner, report: PseudoLabelReport) -> None:
        folder = self._folder(runner)
        self._loader(runner).folder = str(folder.root)
        for alignment in _alignments(runner):
            alignment.set_kept_shares([one.kept_fraction for one in report.classes])
        self._state = {
            "key": report.key,
            "rule": report.rule,
            "thresholds": [one.threshold for one in report.classes],
            "histograms": torch.from_numpy(folder.histograms()),
        }

    def _loader(self, runner: Runner) -> LoadPseudoLabel:
        """Return the transform that reads the labels."""
        target = runner.train_dataloader.dataset.target
        transforms = [] if target is None else target.pipeline.transforms
        found = [t for t in transforms if isinstance(t, LoadPseudoLabel)]
        if len(found) != 1:
            raise ConfigError(
                "PseudoLabelHook needs one `LoadPseudoLabel` in the target's training pipeline, "
                f"right after `LoadTile`, but there are {len(found)}."
            )
        return found[0]


def _check_trained(runner: Runner, start: int) -> None:
    """Raise a :class:`ConfigError` when a network that has learnt nothing would write labels."""
    if runner.iter == start == 0 and not runner.cfg.get("load_from"):
        raise ConfigError(
            "PseudoLabelHook: the `PseudoLabels` alignment has `start=0`, so the labels are "
            "predicted before the training, but no trained weights are loaded. Set `load_from` to "
            "a checkpoint of the first step, or a later `start`."
        )


def _warn(runner: Runner, start: int) -> None:
    """Warn of a second step that is never reached, or that begins without a checkpoint."""
    saving = runner.cfg.get("default_hooks", {}).get("checkpoint") or {}
    interval = saving.get("interval", -1)
    if start >= runner.max_iters:
        runner.logger.warning(
            f"PseudoLabelHook: the second step would begin at iteration {start}, but the run ends "
            f"at {runner.max_iters}: no pseudo-labels are written."
        )
    elif runner.iter < start and (interval <= 0 or start % interval):
        runner.logger.warning(
            f"PseudoLabelHook: no checkpoint is saved at iteration {start}, when the "
            "pseudo-labels are written. Make the checkpoint interval a divisor of it; otherwise a "
            "run that is killed then has to repeat the iterations since the last checkpoint."
        )


def _alignments(runner: Runner) -> list[PseudoLabels]:
    """Return the model's ``PseudoLabels`` alignments, whose ``start`` must agree."""
    model = unwrapped(runner.model)
    found = [a for a in model.alignments.values() if isinstance(a, PseudoLabels)]
    starts = {alignment.start for alignment in found}
    if len(starts) != 1:
        raise ConfigError(
            "PseudoLabelHook needs a `PseudoLabels` alignment, at whose `start` it writes labels; "
            f"those of the model have the starts {sorted(starts)}."
        )
    return found
