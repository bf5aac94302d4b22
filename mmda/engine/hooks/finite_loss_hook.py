"""Stops a training that has diverged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.errors import ConfigError
from mmda.registry import HOOKS

REMEDY = (
    "Lower the learning rates (`optim_wrapper.optimizers`), clip gradients (`clip_grad`), or lower "
    "the weight of what diverges, and look for values in the data that are no numbers. Then start "
    "again, or go on from an earlier checkpoint with `--resume CHECKPOINT`."
)


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stop the training when its loss or its gradients are infinite or no numbers for good.

    In full precision and bfloat16 the first loss that is not finite stops the run: the step after
    it has made the weights NaN. No checkpoint is written of that iteration. In half precision the
    gradient scaler leaves such a step out and halves its scale, which is harmless now and then; the
    run stops when so many steps were left out that the scale is below ``min_scale``.

    The losses are those that MMEngine has read from the device for the log. The scale is read
    every ``interval`` iterations. Of several processes the one whose loss it is stops, and the
    launcher ends the others.

    Args:
        interval: Iterations between two looks at the scale.
        min_scale: Smallest scale of a training that still works. A scaler starts at 2**16, so the
            default is reached after 37 steps in a row that were left out. At that scale a gradient
            must be above 6e10 to overflow.
    """

    priority = "NORMAL"  # after the losses are logged, before a checkpoint is written

    def __init__(self, interval: int = 50, min_scale: float = 2.0**-20) -> None:
        if interval < 1 or min_scale <= 0:
            raise ConfigError(
                "FiniteLossHook: `interval` must be 1 or more and `min_scale` above 0, got "
                f"{interval} and {min_scale}."
            )
        self.interval, self.min_scale = interval, min_scale

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Look at the last iteration's loss, or at the gradient scaler.

        Raises:
            ConfigError: When the training has diverged.
        """
        scaler = getattr(runner.optim_wrapper, "scaler", None)
        if scaler is None or not scaler.is_enabled():
            if not math.isfinite(_logged(runner, "loss")):
                raise ConfigError(_message(runner, outputs or {}))
        elif self.every_n_train_iters(runner, self.interval):
            scale = scaler.get_scale()
            if scale < self.min_scale:
                skipped = f" The scaler left out step after step: its scale is {scale:.0e}."
                raise ConfigError(_message(runner, outputs or {}, skipped))


def _logged(runner: Runner, name: str) -> float:
    """Return the last value that was logged as ``name``; 0 where there is none."""
    history = runner.message_hub.log_scalars.get(f"train/{name}")
    return 0.0 if history is None else float(history.current())


def _message(runner: Runner, outputs: Mapping[str, Any], skipped: str = "") -> str:
    values = {name: _logged(runner, name) for name in outputs if "loss" in name}
    faulty = {name: value for name, value in values.items() if not math.isfinite(value)}
    if len(faulty) > 1:
        faulty.pop("loss", None)  # the sum of the others
    named = ", ".join(f"`{name}` ({value})" for name, value in faulty.items())
    what = f"not finite: {named}" if faulty else "finite, but gradients are not"
    return (
        f"The training has diverged: at iteration {runner.iter + 1} of {runner.max_iters} the "
        f"losses are {what}.{skipped} {REMEDY}"
    )
