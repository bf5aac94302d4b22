"""Which of several models is chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from mmda.errors import ConfigError
from mmda.selection.criteria import CRITERIA, source_validation
from mmda.selection.ensemble import combined_rank, ensemble_agreement
from mmda.selection.guards import refusals
from mmda.selection.identity import check_one_target
from mmda.selection.options import ENSEMBLE, RANK, RULE
from mmda.selection.outcome import SOURCE, ScoredModel, Selection
from mmda.selection.statistics import Statistics

WEIGHTS = {"information": 1.0, "consistency": 1.0, ENSEMBLE: 1.0, "nuclear_norm": 1.0}
"""The criteria whose ranks are combined."""


def choose(
    models: Sequence[ScoredModel],
    files: Sequence[Path],
    rule: str = RULE,
    left_out: Mapping[str, str] | None = None,
) -> Selection:
    """Score models by all criteria, refuse those that have failed and order the others.

    The criteria that compare models with each other leave out those that are refused. Among models
    of equal value the source validation decides, and then their order.

    Args:
        models: The models, whose scores are not there yet.
        files: The file of each model's statistics.
        rule: The criterion that chooses.
        left_out: Why others were not compared, by name.

    Raises:
        ConfigError: When there is no model, all are refused, the rule has no value for any, or they
            were measured on different tiles.
    """
    scored = _scored(models, files)
    allowed = [model for model in scored if model.refused is None]
    if not allowed:
        reasons = "; ".join(f"`{model.name}`: {model.refused}" for model in scored)
        raise ConfigError(f"No model can be chosen. {reasons or 'There is none.'}")
    if all(math.isnan(model.scores[rule]) for model in allowed):
        raise ConfigError(
            f"The criterion `{rule}` has no value for any of the models. It needs labelled source "
            "tiles; choose another with --rule."
        )
    allowed.sort(key=lambda m: (-_low(m.scores[rule]), -_low(m.scores[SOURCE])))
    refused = [model for model in scored if model.refused is not None]
    return Selection(rule, [*allowed, *refused], dict(left_out or {}))


def criterion_values(statistics: Statistics) -> dict[str, float]:
    """Return the value of every criterion of a single model, the source validation included."""
    values = {name: float(function(statistics)) for name, function in CRITERIA.items()}
    return {**values, SOURCE: source_validation(statistics)}


def _scored(models: Sequence[ScoredModel], files: Sequence[Path]) -> list[ScoredModel]:
    scores, light = [], []
    for file in files:
        statistics = Statistics.load(file)
        scores.append(criterion_values(statistics))
        light.append(replace(statistics, samples=statistics.samples[:0]))
    targets = [statistics.target for statistics in light]
    check_one_target({m.name: t for m, t in zip(models, targets, strict=True) if t})
    if len(classes := {statistics.num_classes for statistics in light}) > 1:
        raise ConfigError(
            f"The models have different numbers of classes, {sorted(classes)}: they are of "
            "different tasks. Compare those of one task."
        )
    reasons = refusals(light)
    places = [index for index, reason in enumerate(reasons) if reason is None]
    ensemble = ensemble_agreement([partial(Statistics.load, files[i]) for i in places])
    for index, value in zip(places, ensemble, strict=True):
        scores[index][ENSEMBLE] = value
    table = {name: [scores[i][name] for i in places] for name in WEIGHTS}
    for index, value in zip(places, combined_rank(table, WEIGHTS), strict=True):
        scores[index][RANK] = value
    names = [*CRITERIA, ENSEMBLE, RANK, SOURCE]
    return [
        replace(model, scores={n: row.get(n, math.nan) for n in names}, refused=reason)
        for model, row, reason in zip(models, scores, reasons, strict=True)
    ]


def _low(value: float) -> float:
    return -np.inf if math.isnan(value) else value
