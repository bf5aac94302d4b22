"""Changes an alignment's weight in the middle of a run."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError, did_you_mean
from mmda.registry import HOOKS


@HOOKS.register_module()
class AlignmentWeightHook(Hook):
    """Give an alignment another weight from an iteration on.

    SIM, for example, weighs instances with 0.01 in the first step and with 0.001 in the second. The
    weight depends on the iteration alone, so that a resumed run goes on with the right one. List
    the hook several times, in the order of ``begin``, for several changes.

    Config::

        custom_hooks = [
            dict(type='AlignmentWeightHook', alignment='aim', weight=0.001, begin=40_000)
        ]

    Args:
        alignment: Name of the alignment in the model's ``alignments``.
        weight: Its ``weight`` from then on; 0 switches it off.
        begin: First iteration, counted from 0, that has the weight.
    """

    def __init__(self, alignment: str, weight: float, begin: int) -> None:
        if weight < 0 or begin < 0:
            raise ConfigError(
                "AlignmentWeightHook: `weight` and `begin` must be 0 or more, got "
                f"{weight} and {begin}."
            )
        self.alignment, self.weight, self.begin = alignment, weight, begin

    def before_train(self, runner: Runner) -> None:
        """Check that the model has such an alignment, with one weight.

        Raises:
            ConfigError: When it has not.
        """
        alignments = _alignments(runner)
        if self.alignment not in alignments:
            raise ConfigError(
                f"AlignmentWeightHook: the model has no alignment `{self.alignment}`."
                + (did_you_mean(self.alignment, alignments) or f" It has {sorted(alignments)}.")
            )
        if "weight" not in vars(alignments[self.alignment]):
            kind = type(alignments[self.alignment]).__name__
            raise ConfigError(
                f"AlignmentWeightHook: `{self.alignment}` is a {kind}, which has no one `weight`. "
                "Name an alignment that takes `weight`, such as AIM or ISIA."
            )

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: object = None) -> None:
        """Set the weight."""
        if runner.iter >= self.begin:
            _alignments(runner)[self.alignment].weight = self.weight


def _alignments(runner: Runner) -> dict:
    return dict(unwrapped(runner.model).alignments.items())
