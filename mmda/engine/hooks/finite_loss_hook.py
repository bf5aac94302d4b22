"""Stops a training that has diverged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.registry import HOOKS

REMEDY = (
    "Lower the learning rates (`optim_wrapper.optimizers`), clip gradients (`clip_grad`), or lower "
    "the weight of what diverges, and look for values in the data that are no numbers. Then start "
    "again, or go on from an earlier checkpoint with `--resume CHECKPOINT`."
)


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stop the training when its loss, gradients or weights are infinite or no numbers for good.

    In full precision and bfloat16 the first loss that is not finite stops the run: the step after
    it has made the weights NaN. In half precision the gradient scaler leaves such a step out and
    halves its scale, which is harmless now and then; the run stops when so many steps were left
    out that the scale is below ``min_scale``.

    Gradients can be faulty where the loss is not, and the loss shows it an iteration later. So the
    parameters are looked at as well, before a checkpoint is written and after training: a
    checkpoint whose weights are not finite is never written.

    The losses are those that MMEngine has read from the device for the log. The scale is read
    every ``interval`` iterations, the parameters from the checkpoint's copy.

    Of several processes the one whose loss it is stops, or the first one for a checkpoint. The
    launcher has to end the others, which wait for it: ``torchrun`` does, Slurm only with
    ``srun --kill-on-bad-exit=1`` (or ``KillOnBadExit=1`` in ``slurm.conf``).

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
                skipped = f" The scaler has left out many steps: its scale is down to {scale:.0e}."
                raise ConfigError(_message(runner, outputs or {}, skipped))

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Look at the parameters that are about to be written.

        Raises:
            ConfigError: When one of them is not finite.
        """
        own = {name for name, _ in unwrapped(runner.model).named_parameters()}
        weights = {name: value for name, value in checkpoint["state_dict"].items() if name in own}
        done = checkpoint["meta"]["iter"]
        _check_weights(weights, f"at iteration {done} of {runner.max_iters}")

    def after_train(self, runner: Runner) -> None:
        """Look at the parameters once more: the last iterations may have left no checkpoint.

        Raises:
            ConfigError: When one of them is not finite.
        """
        weights = dict(unwrapped(runner.model).named_parameters())
        _check_weights(weights, f"at its end, iteration {runner.iter},")


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
    what = f"not finite: {named}" if faulty else "finite, but gradients were not"
    return (
        f"The training has diverged: at iteration {runner.iter + 1} of {runner.max_iters} the "
        f"losses are {what}.{skipped} {REMEDY}"
    )


def _check_weights(weights: Mapping[str, Tensor], when: str) -> None:
    """Raise a :class:`ConfigError` that names weights which are not finite, if there are any."""
    if not weights:
        return
    finite = torch.stack([value.isfinite().all() for value in weights.values()])
    faulty = [name for name, fine in zip(weights, finite.tolist(), strict=True) if not fine]
    if faulty:
        more = f" and {len(faulty) - 1} more" if len(faulty) > 1 else ""
        raise ConfigError(
            f"The training has diverged: {when} weights are not finite: `{faulty[0]}`{more} of "
            f"{len(weights)}. No checkpoint is written of them. {REMEDY}"
        )
