"""Models that no criterion may choose, as they have visibly failed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmda.selection.criteria import source_validation
from mmda.selection.statistics import Statistics, shares

KEPT_SKILL = 0.5
"""Share of the best model's skill on the source's validation tiles that a model must have."""
KEPT_VARIETY = 0.05
"""What a model must predict beside its commonest class, as a share of that in the source."""
LEAST_VARIETY = 0.001
"""The same as a share of the target's pixels, where the source's labels are not known."""


def refusals(models: Sequence[Statistics]) -> list[str | None]:
    """Return for each model why it is refused, ``None`` where it is not.

    Two signs count: its source validation has collapsed, or it predicts one class nearly
    everywhere in the target. The skill on the source is the mean IoU above that of predicting the
    commonest class everywhere; where no model has any, none is refused for a lack of it. Nor is a
    model whose batch-norm statistics are the target's: those of the source would fit it no longer.

    Args:
        models: Statistics of the models, of which ``samples`` are not looked at.
    """
    validations = [source_validation(model) for model in models]
    known = [value for value in validations if np.isfinite(value)]
    best = max(known, default=float("nan"))
    return [
        _one_class(model) or _collapsed(model, value, best)
        for model, value in zip(models, validations, strict=True)
    ]


def _one_class(model: Statistics) -> str | None:
    predicted = shares(model.counts)
    least = LEAST_VARIETY
    if model.source is not None:
        least = KEPT_VARIETY * (1 - shares(model.source.sum(1)).max())
    if 1 - predicted.max() >= least:
        return None
    return (
        f"it predicts class {int(predicted.argmax())} in {100 * predicted.max():.2f} % of the "
        "target's pixels"
    )


def _collapsed(model: Statistics, value: float, best: float) -> str | None:
    if model.source is None or model.adapted:
        return None
    labelled = shares(model.source.sum(1))
    chance = 100 * labelled.max() / np.count_nonzero(labelled)
    if best <= chance or value - chance >= KEPT_SKILL * (best - chance):
        return None
    return (
        f"its mIoU on the source's validation tiles is {value:.1f}, while the best model has "
        f"{best:.1f}"
    )
