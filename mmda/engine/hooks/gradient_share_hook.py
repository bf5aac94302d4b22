"""Logs how strongly each loss pulls at the logits."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.registry import HOOKS


@HOOKS.register_module()
class GradientShareHook(Hook):
    """Log the norm of each loss's gradient in the logits, relative to the source's loss.

    A weight says little about a loss's influence: a mean over all pixels and a sum over them differ
    by a factor of a million. The scalars are called ``<loss>_share``; 1 is the influence of
    ``decode.loss_ce``, the source's cross-entropy. See
    :func:`~mmda.models.segmentors.gradients.logit_gradients`.

    A measurement costs a backward through each loss down to the logits, not through the network.
    The training is not changed.

    Args:
        interval: Number of iterations between two measurements.
        reference: Name of the loss to which the others are compared.

    Raises:
        ConfigError: When ``interval`` is below 1, or there is no loss of the reference's name.
    """

    priority = "NORMAL"

    def __init__(self, interval: int = 1000, reference: str = "decode.loss_ce") -> None:
        if interval < 1:
            raise ConfigError(f"GradientShareHook: `interval` must be 1 or more, got {interval}.")
        self.interval, self.reference = interval, reference

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: object = None) -> None:
        """Let the model measure in the iterations that are due."""
        model = unwrapped(runner.model)
        model.measures_gradients = self.every_n_train_iters(runner, self.interval)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Log what the model has measured."""
        model = unwrapped(runner.model)
        if not model.measures_gradients:
            return
        model.measures_gradients = False
        if self.reference not in model.gradients:
            raise ConfigError(
                f"GradientShareHook: there is no loss `{self.reference}`. These losses reach the "
                f"logits: {sorted(model.gradients)}. Name one of them as `reference`."
            )
        unit = model.gradients[self.reference]
        if unit == 0:  # no pixel of the source has a label
            return
        for name, norm in model.gradients.items():
            runner.message_hub.update_scalar(f"train/{name}_share", norm / unit)
