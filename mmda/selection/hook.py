"""Measures checkpoints while they are trained, and names the best at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.dist import barrier, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.checkpoint import read_checkpoint
from mmda.engine.unwrap import unwrapped
from mmda.errors import MMDAError
from mmda.models.alignments import evaluating
from mmda.models.segmentors import UDASegmentor
from mmda.registry import HOOKS
from mmda.selection.cache import Measurer
from mmda.selection.choice import criterion_values
from mmda.selection.datasets import learns_from_target_labels
from mmda.selection.options import RULE, SelectOptions
from mmda.selection.select import CHOICE, select_models
from mmda.selection.statistics import Statistics
from mmda.utils.seeding import capture_rng, restore_rng


@HOOKS.register_module()
class SelectionHook(Hook):
    """Measure every checkpoint by unlabelled target tiles when it is saved, and choose at the end.

    After a checkpoint is saved, the model predicts a few target tiles, with their views, and a few
    source tiles; what is computed lies beside the checkpoint, where ``mmda select`` with the same
    options, such as the defaults of both, finds it. A checkpoint costs four predictions of each of
    the target tiles and one of each of the source tiles.
    At the end the checkpoints that are still there are compared; the log says which is the best and
    why, and the choice is written to ``selection.json``, which ``mmda predict --checkpoint auto``
    reads. The training itself is not changed: a run with the hook gives the same weights.

    Args:
        rule: The criterion that chooses, see :class:`~mmda.selection.SelectOptions`.
        tiles: Target tiles that are predicted, and source tiles, at most.
        pixels: Pixels that are sampled from them.
        split: Split of the target; by default ``val``, or ``train`` where there is none.
    """

    priority = "LOWEST"  # after the checkpoint hook

    def __init__(
        self,
        rule: str = RULE,
        tiles: int = SelectOptions.tiles,
        pixels: int = SelectOptions.pixels,
        split: str | None = None,
    ) -> None:
        self.options = SelectOptions(rule, split, tiles, pixels, progress=False)
        self._measurer = Measurer(None, self.options)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Measure the checkpoint that was saved after this iteration, if one was."""
        checkpoint = Path(runner.work_dir) / f"iter_{runner.iter + 1}.pth"
        saved = runner.message_hub.runtime_info.get("last_ckpt")  # not one of an earlier run
        if saved and Path(saved).name == checkpoint.name and _may_be_chosen(runner):
            self._measure(runner, unwrapped(runner.model), checkpoint)

    def after_train(self, runner: Runner) -> None:
        """Compare the checkpoints that are there, and log which is chosen."""
        if _may_be_chosen(runner):
            try:
                selection = select_models([runner.work_dir], None, self.options)
            except MMDAError as error:
                runner.logger.warning(f"SelectionHook: {error}")
            else:
                for warning in selection.warnings:
                    runner.logger.warning(f"SelectionHook: {warning}")
                runner.logger.info(f"{selection.why} All scores: `{runner.work_dir}/{CHOICE}`.")
        barrier()

    def _measure(self, runner: Runner, model: UDASegmentor, checkpoint: Path) -> None:
        try:
            with _undisturbed(model):
                meta = read_checkpoint(checkpoint).get("meta", {})
                path = self._measurer.measure(checkpoint, runner.cfg, lambda: (model, meta))
        except MMDAError as error:
            runner.logger.warning(f"SelectionHook: {error}")
        else:
            _log(runner, Statistics.load(path))


def _may_be_chosen(runner: Runner) -> bool:
    """Tell whether this is the main process of a training without target labels."""
    return (
        is_main_process()
        and isinstance(unwrapped(runner.model), UDASegmentor)
        and not learns_from_target_labels(runner.cfg, None)
    )


def _log(runner: Runner, statistics: Statistics) -> None:
    values = criterion_values(statistics)
    for name, value in values.items():
        runner.message_hub.update_scalar(f"selection/{name}", value)
    listed = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
    runner.logger.info(f"without target labels, iteration {runner.iter + 1}: {listed}")


@contextmanager
def _undisturbed(model: UDASegmentor) -> Iterator[None]:
    """Put a model in evaluation mode for a while, and give the random states back afterwards."""
    states = capture_rng()
    try:
        with evaluating(model):
            yield
    finally:
        restore_rng(states)
