"""Adds the number of the iteration to each batch."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.registry import HOOKS


@HOOKS.register_module()
class StepHook(Hook):
    """Add ``step``, the number of iterations done, to each training batch.

    The data preprocessor passes it on, and so
    :class:`~mmda.models.segmentors.UDASegmentor` gets it as an argument.
    """

    priority = "VERY_LOW"  # after the hooks that look at the batch

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Add the iteration to the batch, in place."""
        if data_batch is not None:
            data_batch["step"] = runner.iter
