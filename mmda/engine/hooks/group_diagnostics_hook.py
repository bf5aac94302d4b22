"""Logs how the pixels are distributed over a grouping's groups."""

from __future__ import annotations

import math

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.unwrap import unwrapped
from mmda.models.alignments import GroupAlignment
from mmda.models.alignments.grouped_domain import GroupUse
from mmda.models.losses import group_cosines
from mmda.registry import HOOKS


@HOOKS.register_module()
class GroupDiagnosticsHook(Hook):
    """Log the usage, similarity and condition of every alignment's groups, for each domain.

    The scalars are called ``<alignment>.<domain>_<name>``, with these names:

    - ``entropy`` of the mean assignment: 0 if one group has all pixels, 1 if all groups are equally
      large;
    - ``cosine``, the mean cosine of the class distributions of two groups: 0 if they are
      orthogonal, 1 if they are equal;
    - ``condition``, the mean length of the discriminator's condition: C**-0.5 if it is uniform, 1
      for a single class, 0 for an empty group.

    Args:
        interval: Number of iterations between two measurements.
        collapse: Entropy below which a warning says that the groups have collapsed.
        alike: Distance of the mean cosine from 1 below which a warning says that the groups are
            alike.
        patience: Iteration from which there is the second warning, as untrained groups are alike.
    """

    priority = "NORMAL"

    def __init__(
        self,
        interval: int = 20,
        collapse: float = 0.1,
        alike: float = 0.01,
        patience: int = 1000,
    ) -> None:
        self.interval, self.collapse = interval, collapse
        self.alike, self.patience = alike, patience
        self._warned: set[str] = set()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Measure the last iteration's groups."""
        if not self.every_n_train_iters(runner, self.interval):
            return
        model = unwrapped(runner.model)
        for name, alignment in model.alignments.items():
            if isinstance(alignment, GroupAlignment):
                for domain, use in alignment.latest.items():
                    values = group_diagnostics(use)
                    for what, value in values.items():
                        runner.message_hub.update_scalar(f"train/{name}.{domain}_{what}", value)
                    self._check(runner, f"{name}, {domain}", values)

    def _check(self, runner: Runner, where: str, values: dict[str, float]) -> None:
        if where in self._warned:
            return
        if values.get("entropy", 1.0) < self.collapse:
            self._warned.add(where)
            runner.logger.warning(
                f"{where}: nearly all pixels are in one group (entropy {values['entropy']:.2f} of "
                "1). Raise `weights.orth`, lower `weights.co`, or lower the learning rate of "
                "`optimizers.grouping`."
            )
        elif values.get("cosine", 0.0) > 1 - self.alike and runner.iter >= self.patience:
            self._warned.add(where)
            runner.logger.warning(
                f"{where}: all groups have nearly the same class distribution (cosine "
                f"{values['cosine']:.3f} of 1), so that they act as one group. Raise "
                "`weights.orth`, lower `weights.co`, or raise the learning rate of "
                "`optimizers.grouping`."
            )


def group_diagnostics(use: GroupUse) -> dict[str, float]:
    """Return ``entropy`` and ``cosine`` (for two groups or more) and ``condition``."""
    k = len(use.usage)
    values = {"condition": float(use.condition.double().norm(dim=-1).mean())}
    if k > 1:
        share = use.usage.double().clamp(min=1e-12)
        values["entropy"] = _unit(float(-(share * share.log()).sum()) / math.log(k))
        cosines = group_cosines(use.distributions.double().mean(0))
        values["cosine"] = _unit(float(cosines.triu(1).sum()) / (k * (k - 1) / 2))
    return values


def _unit(value: float) -> float:
    """Return a value clipped to [0, 1], as rounding may lead out of it."""
    return min(max(value, 0.0), 1.0)
