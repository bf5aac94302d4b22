"""Gives the model the target's batch-norm statistics at the end or the start of a training."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.target_batches import TileBatches
from mmda.engine.unlabelled_data import (
    evaluation_pipeline,
    known_holes,
    target_dataset,
    unlabelled,
)
from mmda.engine.unwrap import unwrapped
from mmda.models.batch_norm import adapt_statistics, batch_norm_layers, check_options
from mmda.registry import HOOKS
from mmda.utils.seeding import capture_rng, restore_rng


@HOOKS.register_module()
class AdaptBatchNormHook(Hook):
    """Estimate the batch-norm statistics on target tiles (AdaBN).

    By default it is done after the last iteration, so that the last checkpoint and the last
    validation have them and the training itself is not changed. The network that predicts is
    adapted, the student or the teacher. With ``start`` it is done before the first iteration, for
    the student and its teacher: self-training then begins with predictions that fit the target. See
    :func:`~mmda.models.batch_norm.adapt_statistics`.

    Args:
        data_root: Folder of the tiled target; by default the training's target.
        split: Its split; by default that of the config, or ``train``.
        blend: Share of the statistics of the training that is kept, in [0, 1].
        passes: Number of passes over the tiles.
        batch_size: Largest number of tiles per batch.
        num_workers: Number of processes that load tiles.
        start: Whether to adapt the model before the training in place of after it.

    Raises:
        ConfigError: When an option is out of range, there is no target, or, before the training,
            when the model has no batch norm.
    """

    priority = "LOW"  # after the teacher has moved, before the checkpoint is saved

    def __init__(
        self,
        data_root: str | None = None,
        split: str | None = None,
        blend: float = 0.0,
        passes: int = 1,
        batch_size: int = 4,
        num_workers: int = 0,
        start: bool = False,
    ) -> None:
        check_options(blend, passes)
        self.data_root, self.split = data_root, split
        self.blend, self.passes = blend, passes
        self.batch_size, self.num_workers = batch_size, num_workers
        self.start = start
        self._dataset: Any = None
        self._adapted = False

    def before_train(self, runner: Runner) -> None:
        """Check the model and open the target before the training is paid for."""
        model = unwrapped(runner.model)
        batch_norm_layers(model.predictor)
        described = target_dataset(runner.cfg, self.data_root, self.split)
        self._dataset = known_holes(unlabelled(described, evaluation_pipeline(runner.cfg)))
        self._batches(model)
        if self.start and runner.iter > 0:  # a resumed run has begun with it
            self._adapted = True
        elif self.start:
            self._adapt(runner, model, model.segmentor)
            if model.teacher is not None:
                model.teacher.copy_from(model.segmentor)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Adapt the model after the last iteration."""
        if not self.start and runner.iter + 1 == runner.max_iters:
            model = unwrapped(runner.model)
            self._adapt(runner, model, model.predictor)

    def _adapt(self, runner: Runner, model: Any, network: Any) -> None:
        states, batches = capture_rng(), self._batches(model)
        adapted = adapt_statistics(network, lambda: batches, self.blend, self.passes)
        restore_rng(states)
        self._adapted = True
        runner.logger.info(
            f"Batch norm: {adapted.layers} layers have the statistics of {adapted.images} target "
            f"tiles; their means moved by {adapted.shift:.2f} standard deviations"
        )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Describe the target's images in the adapted checkpoint, which is made for them.

        What was done is recorded as by ``mmda adapt-bn``.
        """
        if self._adapted:
            meta = checkpoint["meta"]
            meta["adapted_batch_norm"] = {
                "target": [str(self._dataset.data_root)],
                "blend": self.blend,
                "passes": self.passes,
                "tiles": len(self._dataset),
            }
            described = self._dataset.metainfo["training_data"]
            meta["dataset_meta"] = {**meta["dataset_meta"], "training_data": described}

    def _batches(self, model: Any) -> TileBatches:
        return TileBatches(model, self._dataset, self.batch_size, self.num_workers)
