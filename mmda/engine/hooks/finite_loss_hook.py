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
    "the weight of the loss that diverges, and check the data for values that are not finite. Then "
    "start again, or continue from an earlier checkpoint with `--resume CHECKPOINT`."
)


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stop the training when its loss, gradients or weights are NaN or infinite for good.

    In full precision and bfloat16 the first loss that is not finite stops the run, since the step
    after it has made the weights NaN. In half precision the gradient scaler leaves such a step out
    and halves its scale, which is harmless if it happens rarely. The run stops when so many steps
    were left out that the scale is below ``min_scale``.

    Gradients can be NaN in an iteration whose loss is finite; the next loss shows it. So the
    parameters are checked as well, before a checkpoint is written and after the training: no
    checkpoint is written with weights that are not finite.

    These checks cost little: the losses are those that MMEngine has read from the device for the
    log, the scale is read every ``interval`` iterations, and the parameters are those that were
    copied for the checkpoint.

    With several processes, the one with the faulty loss stops, or the first one before a
    checkpoint. The others wait for it, and the launcher must end them: ``torchrun`` does; Slurm
    needs ``srun --kill-on-bad-exit=1`` (or ``KillOnBadExit=1`` in ``slurm.conf``).

    Args:
        interval: Number of iterations between two checks of the scale.
        min_scale: Scale below which the run stops. A scaler starts at 2**16, so that the default is
            reached after 37 successive steps that were left out. At that scale only gradients above
            6e10 overflow.

    Raises:
        ConfigError: When ``interval`` or ``min_scale`` is out of range.
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
        """Check the last iteration's loss, or the gradient scaler.

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
                skipped = f" The scaler has left out many steps; its scale is only {scale:.0e}."
                raise ConfigError(_message(runner, outputs or {}, skipped))

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check the parameters that are about to be written.

        Raises:
            ConfigError: When one of them is not finite.
        """
        own = {name for name, _ in unwrapped(runner.model).named_parameters()}
        weights = {name: value for name, value in checkpoint["state_dict"].items() if name in own}
        done = checkpoint["meta"]["iter"]
        _check_weights(weights, f"at iteration {done} of {runner.max_iters}")

    def after_train(self, runner: Runner) -> None:
        """Check the parameters at the end, as there may be no checkpoint of the last iterations.

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
    """Raise a :class:`ConfigError` if weights are not finite; the message names the first."""
    if not weights:
        return
    finite = torch.stack([value.isfinite().all() for value in weights.values()])
    faulty = [name for name, fine in zip(weights, finite.tolist(), strict=True) if not fine]
    if faulty:
        more = f" and {len(faulty) - 1} more" if len(faulty) > 1 else ""
        raise ConfigError(
            f"The training has diverged: {when} weights are not finite: `{faulty[0]}`{more} of "
            f"{len(weights)}. They are not written to a checkpoint. {REMEDY}"
        )
