"""Models that no criterion may choose, as they have visibly failed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmda.selection.criteria import class_share_distance, source_validation
from mmda.selection.statistics import Statistics, shares

KEPT_SKILL = 0.5
"""Share of the best model's skill on the source's validation tiles that a model must have."""
KEPT_VARIETY = 0.05
"""What a model must predict beside its commonest class, as a share of that in the source."""
FARTHER = 0.3
"""How much farther from the source's shares of classes a model may be than the nearest one."""
LEAST_VARIETY = 0.001
"""The same as a share of the target's pixels, where the source's labels are not known."""


def refusals(models: Sequence[Statistics]) -> list[str | None]:
    """Return for each model why it is refused, ``None`` where it is not.

    Three signs count: its source validation has collapsed; it predicts one class nearly everywhere
    in the target; or the shares of its classes in the target are far from those in the source,
    while another model's are not, so that the target itself is not the reason. The skill on the
    source is the mean IoU above that of predicting the commonest class everywhere; where no model
    has any, none is refused for a lack of it. Nor is a model whose batch-norm statistics are the
    target's: those of the source would fit it no longer.

    Args:
        models: Statistics of the models, of which ``samples`` are not looked at.
    """
    validations = [source_validation(model) for model in models]
    known = [value for value in validations if np.isfinite(value)]
    best = max(known, default=float("nan"))
    found = [
        _one_class(model) or _collapsed(model, value, best)
        for model, value in zip(models, validations, strict=True)
    ]
    distances = [-class_share_distance(model) for model in models]
    near = min(
        (d for d, reason in zip(distances, found, strict=True) if not reason and np.isfinite(d)),
        default=float("nan"),
    )
    return [
        reason or _far(distance, near) for reason, distance in zip(found, distances, strict=True)
    ]


def _far(distance: float, near: float) -> str | None:
    if not distance > near + FARTHER:  # NaN where the source's labels are not known
        return None
    return (
        f"the shares of its classes in the target are {100 * distance:.0f} points from those in "
        f"the source, while those of another model are {100 * near:.0f}"
    )


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
