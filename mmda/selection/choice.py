"""Which of several models is chosen, and why."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mmda.errors import ConfigError
from mmda.selection.criteria import CRITERIA, source_validation
from mmda.selection.ensemble import combined_rank, ensemble_agreement
from mmda.selection.guards import refusals
from mmda.selection.identity import check_one_target
from mmda.selection.options import ENSEMBLE, RANK, RULE
from mmda.selection.statistics import Statistics
from mmda.utils.files import atomic_write_json

SOURCE = "source_validation"
WEIGHTS = {"information": 1.0, "consistency": 1.0, ENSEMBLE: 1.0, "nuclear_norm": 1.0}
"""The criteria whose ranks are combined."""


@dataclass(frozen=True)
class ScoredModel:
    """A checkpoint with its scores.

    Attributes:
        name: Name for people.
        checkpoint: The file.
        config: The config that it was trained with.
        scores: Value of every criterion, higher is better, and ``source_validation`` in percent;
            NaN where there is none, as the ensemble's for a model that is refused.
        refused: Why it may not be chosen; ``None`` where it may.
    """

    name: str
    checkpoint: Path
    config: Path
    scores: Mapping[str, float]
    refused: str | None = None


@dataclass(frozen=True)
class Selection:
    """The outcome of a comparison without target labels.

    Attributes:
        rule: The criterion that chose.
        models: All models, the chosen one first and those that are refused last.
        left_out: Why others were not compared, by name.
    """

    rule: str
    models: Sequence[ScoredModel]
    left_out: Mapping[str, str]

    @property
    def best(self) -> ScoredModel:
        """The chosen model."""
        return self.models[0]

    @property
    def checkpoint(self) -> Path:
        """The chosen checkpoint."""
        return self.best.checkpoint

    @property
    def config(self) -> Path:
        """The config of the chosen checkpoint."""
        return self.best.config

    @property
    def disagreements(self) -> dict[str, str]:
        """The criteria that would choose another model, and its name."""
        allowed = [model for model in self.models if model.refused is None]
        others = {}
        for name in allowed[0].scores:
            known = [m for m in allowed if math.isfinite(m.scores[name])]
            if known and name != SOURCE:
                best = max(known, key=lambda m: m.scores[name])  # the first of several
                if best.scores[name] > self.best.scores[name]:
                    others[name] = best.name
        return others

    @property
    def why(self) -> str:
        """Why the chosen model is chosen, in a sentence or two."""
        allowed = [model for model in self.models if model.refused is None]
        text = f"`{self.best.name}` is chosen"
        if len(allowed) == 1:
            text += ": it is the only model that may be."
        else:
            value = self.best.scores[self.rule]
            text += f": of {len(allowed)} models it has the highest {self.rule} ({value:.4g})."
        refused = len(self.models) - len(allowed)
        return text + (f" {refused} more were refused." if refused else "")

    def to_json(self, folder: Path | None = None) -> dict[str, Any]:
        """Return all as plain values; paths are relative to ``folder`` where that is given."""

        def place(path: Path) -> str:
            absolute = path.absolute()
            return str(absolute if folder is None else _relative(absolute, folder.absolute()))

        return {
            "rule": self.rule,
            "chosen": self.best.name,
            "why": self.why,
            "disagreements": self.disagreements,
            "models": [
                {
                    "name": model.name,
                    "checkpoint": place(model.checkpoint),
                    "config": place(model.config),
                    "scores": {k: v if math.isfinite(v) else None for k, v in model.scores.items()},
                    "refused": model.refused,
                }
                for model in self.models
            ],
            "left_out": dict(self.left_out),
        }

    def write(self, path: str | Path) -> None:
        """Write a JSON file; checkpoints below its folder are named relative to it."""
        atomic_write_json(path, self.to_json(Path(path).parent))

    @classmethod
    def read(cls, path: str | Path) -> Selection:
        """Read what :meth:`write` wrote.

        Raises:
            ConfigError: When the file is no selection.
        """
        folder = Path(path).parent
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            models = [
                ScoredModel(
                    one["name"],
                    folder / one["checkpoint"],
                    folder / one["config"],
                    {k: math.nan if v is None else v for k, v in one["scores"].items()},
                    one["refused"],
                )
                for one in content["models"]
            ]
            return cls(content["rule"], models, content["left_out"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"`{path}` holds no selection ({error!r}). Delete it, or run `mmda select` anew."
            ) from error


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


def _relative(path: Path, folder: Path) -> Path:
    return path.relative_to(folder) if path.is_relative_to(folder) else path
