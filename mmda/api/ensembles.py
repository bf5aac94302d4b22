"""Several checkpoints that map as one model: their probabilities are averaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from mmda.api.prediction import Model
from mmda.errors import ConfigError
from mmda.raster.mapping.options import PredictOptions


def ensemble(models: Sequence[Model]) -> Model:
    """Make one model of several, which predicts the mean of their probabilities.

    Args:
        models: Models of the same classes in the same order, the same bands, and training images of
            the same ground sample distance. What the first one says of itself counts otherwise.

    Raises:
        ConfigError: When there is none, or they do not fit each other.

    Example:
        >>> from mmda import ensemble, load_model
        >>> model = ensemble([load_model("config.py", "iter_60.pth", device="cpu")])
        >>> model.classes
        ['background', 'building']
    """
    if not models:
        raise ConfigError("An ensemble needs at least one model.")
    first, *others = models
    if not others:
        return first
    for other in others:
        for what, of in _MUST_AGREE.items():
            if of(first) != of(other):
                raise ConfigError(
                    f"`{first.name}` and `{other.name}` cannot be an ensemble: the {what} of the "
                    f"first are {of(first)}, those of the other {of(other)}. Choose checkpoints of "
                    "one task."
                )
    names = [model.name or "?" for model in models]
    loads = [model.load for model in models if model.load is not None]
    return replace(
        first,
        predictor=_Mean([model.predictor for model in models]),
        name=" + ".join(names),
        metrics={},
        fit=partial(_fit, models),
        load=partial(_load, loads) if len(loads) == len(models) else None,
    )


def _bands(model: Model) -> Any:
    data = model.training_data
    return model.bands, None if data is None else data.band_indices


def _scales(model: Model) -> Any:
    return None if model.training_data is None else model.training_data.gsd


_MUST_AGREE: dict[str, Callable[[Model], Any]] = {
    "classes": lambda model: list(model.classes),
    "bands": _bands,
    "ground sample distances": _scales,
}


class _Mean:
    """The mean of what several predictors give."""

    def __init__(self, members: Sequence[Any]) -> None:
        self._members = members
        self._uses = [getattr(member, "uses_counted", False) for member in members]
        self.uses_counted = any(self._uses)
        if all(hasattr(member, "on_device") for member in members):
            self.on_device = partial(self._mean, [member.on_device for member in members])

    def seen_as(self, views: Any) -> _Mean:
        return _Mean([member.seen_as(views) for member in self._members])

    def __call__(self, pixels: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
        return self._mean(self._members, pixels, counted)

    def _mean(
        self, members: Sequence[Any], pixels: np.ndarray, counted: np.ndarray | None = None
    ) -> Any:
        total: Any = None
        for member, uses in zip(members, self._uses, strict=True):
            found = member(pixels, counted) if uses else member(pixels)
            total = found if total is None else total + found
        return total / len(members)


def _fit(models: Sequence[Model], options: PredictOptions) -> PredictOptions:
    """Return options with the largest tile, and then the largest overlap, of all members."""
    tile = max(model.fit(options).side for model in models)
    options = replace(options, tile=tile)
    return replace(options, overlap=max(model.fit(options).shared for model in models))


def _load(loads: Sequence[Callable[[], Model]]) -> Model:
    return ensemble([load() for load in loads])
