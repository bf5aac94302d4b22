"""Logs all of an iteration's values after one transfer from the device."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.hooks import RuntimeInfoHook
from mmengine.runner import Runner
from torch import Tensor

from mmda.registry import HOOKS


@HOOKS.register_module()
class OneTransferInfoHook(RuntimeInfoHook):
    """MMEngine's hook that puts losses into the log, with one wait for the device instead of many.

    MMEngine reads each loss from the device by itself, and so does the gradients' clipping with
    their norm; here they are read together, once the iteration is queued.
    """

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Log the losses and the norm of clipped gradients."""
        values = {**(outputs or {}), **getattr(runner.optim_wrapper, "gradient_norms", {})}
        tensors = {name: value for name, value in values.items() if isinstance(value, Tensor)}
        if tensors:
            stacked = torch.stack([value.detach().float().mean() for value in tensors.values()])
            values |= dict(zip(tensors, stacked.tolist(), strict=True))
        super().after_train_iter(runner, batch_idx, data_batch, values)
