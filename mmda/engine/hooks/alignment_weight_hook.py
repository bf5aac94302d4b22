"""Changes an alignment's weight in the middle of a run."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError, did_you_mean
from mmda.models.alignments import PseudoLabels
from mmda.registry import HOOKS


@HOOKS.register_module()
class AlignmentWeightHook(Hook):
    """Give an alignment another weight from an iteration on.

    SIM, for example, has a weight of 0.01 in the first step and of 0.001 in the second. The weight
    depends on the iteration alone, so that a resumed run continues with the right one. For several
    changes, list the hook several times, in the order of ``begin``. An alignment with a weight of 0
    in its config stays switched off.

    Config::

        custom_hooks = [dict(type='AlignmentWeightHook', alignment='aim', weight=0.001)]

    Args:
        alignment: Name of the alignment in the model's ``alignments``.
        weight: Its weight from then on; 0 switches it off.
        begin: First iteration, counted from 0, that has the weight; by default the first one of the
            second step, the ``start`` of the model's ``PseudoLabels`` alignment.

    Raises:
        ConfigError: When ``weight`` or ``begin`` is negative.
    """

    def __init__(self, alignment: str, weight: float, begin: int | None = None) -> None:
        if min(weight, begin or 0) < 0:
            raise ConfigError(
                "AlignmentWeightHook: `weight` and `begin` must be 0 or more, got "
                f"{weight} and {begin}."
            )
        self.alignment, self.weight, self.begin = alignment, weight, begin
        self.stays_off = False

    def before_train(self, runner: Runner) -> None:
        """Check that the model has an alignment of that name with one weight, and find ``begin``.

        Raises:
            ConfigError: When it has none, or ``begin`` is left out and there is no second step.
        """
        alignments = _alignments(runner)
        if self.alignment not in alignments:
            raise ConfigError(
                f"AlignmentWeightHook: the model has no alignment `{self.alignment}`."
                + (did_you_mean(self.alignment, alignments) or f" It has {sorted(alignments)}.")
            )
        alignment = alignments[self.alignment]
        kind = type(alignment)
        if "weight" not in vars(alignment) and not isinstance(kind.weight, property):
            raise ConfigError(
                f"AlignmentWeightHook: `{self.alignment}` is a {kind.__name__}, which has no "
                "single `weight`. Name an alignment that takes `weight`, such as AIM or ISIA."
            )
        # Read before the training, in which another hook may set the weight to 0 for a while.
        self.stays_off = alignment.weight == 0
        if self.begin is None:
            self.begin = _second_step(alignments)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: object = None) -> None:
        """Set the weight."""
        assert self.begin is not None
        if runner.iter >= self.begin and not self.stays_off:
            _alignments(runner)[self.alignment].weight = self.weight


def _second_step(alignments: dict) -> int:
    """Return the iteration at which training on pseudo-labels begins."""
    starts = {a.start for a in alignments.values() if isinstance(a, PseudoLabels)}
    if len(starts) != 1:
        raise ConfigError(
            "AlignmentWeightHook: without `begin` the weight changes at the `start` of the model's "
            f"PseudoLabels alignment, but the model has {len(starts)} different ones. Set `begin`."
        )
    return starts.pop()


def _alignments(runner: Runner) -> dict:
    return dict(unwrapped(runner.model).alignments.items())
