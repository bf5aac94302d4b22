"""Correlation and regret of criteria, from the lines that `selection.py measure` wrote."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from mmda.selection import CRITERIA
from mmda.selection.choice import WEIGHTS
from mmda.selection.ensemble import combined_rank
from mmda.selection.options import ENSEMBLE, RANK

Line = dict[str, Any]
SOURCE_ONLY = "source_only"


@dataclass(frozen=True)
class Outcome:
    """What a rule did over all groups; scores in points of mIoU.

    Attributes:
        correlation: Spearman correlation with the true score within each group.
        regret: Points lost against the best model of each group.
        gain: Points won against the last source-only checkpoint of each group.
    """

    correlation: np.ndarray
    regret: np.ndarray
    gain: np.ndarray


def read(path: Path) -> list[Line]:
    """Return the lines, with numbers for scores (NaN where there is none)."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {k: v if k in ("table", "task", "row") else _number(v) for k, v in line.items()}
            for line in csv.DictReader(file)
        ]


def by_group(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the lines of each table, task and seed."""
    found: dict[tuple, list[Line]] = {}
    for line in lines:
        found.setdefault((line["table"], line["task"], line["seed"]), []).append(line)
    return list(found.values())


def analyse(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the lines of a Markdown table of all rules, that of least mean regret first."""
    groups = by_group(lines)
    runs = {(g[0]["table"], g[0]["task"], g[0]["seed"], x["row"]) for g in groups for x in g}
    yield (
        f"{len(lines)} checkpoints of {len(runs)} trainings in {len(groups)} groups of one task, "
        f"shift and seed; {sum(x['refused'] for x in lines):.0f} of them are refused by the guards."
    )
    yield ""
    yield "| chosen by | Spearman | mean regret | highest regret | over source only | worst |"
    yield "|---|---:|---:|---:|---:|---:|"
    rules = [*CRITERIA, ENSEMBLE, RANK, "source_validation"]
    outcomes = {name: outcome(groups, name) for name in rules}
    outcomes |= {
        "always source only": fixed(groups, SOURCE_ONLY),
        "always the recipe": fixed(groups, "adapted"),
    }
    for name, one in sorted(outcomes.items(), key=lambda item: item[1].regret.mean()):
        rho = "" if np.isnan(one.correlation).all() else f"{np.nanmean(one.correlation):.2f}"
        yield (
            f"| {name} | {rho} | {one.regret.mean():.2f} | {one.regret.max():.2f} | "
            f"{one.gain.mean():+.2f} | {one.gain.min():+.2f} |"
        )


def outcome(
    groups: Sequence[Sequence[Line]], rule: str, weights: dict[str, float] | None = None
) -> Outcome:
    """Return what a criterion did; models that are refused are not chosen.

    Args:
        groups: The lines of each group.
        rule: Name of the criterion.
        weights: Other weights of the rank combination than mmda's.
    """
    correlations, chosen = [], []
    for group in groups:
        allowed = [line for line in group if not line["refused"]]
        values = column(allowed, rule, weights or WEIGHTS)
        truth = [line["target"] for line in allowed]
        flat = len(set(values)) < 2 or len(set(truth)) < 2
        correlations.append(math.nan if flat else float(spearmanr(values, truth).statistic))
        chosen.append(allowed[int(np.argmax(values))])
    return _outcome(groups, chosen, correlations)


def column(lines: Sequence[Line], rule: str, weights: dict[str, float]) -> list[float]:
    """Return a criterion's values; the rank combination is computed from the others."""
    if rule != RANK:
        return [line[rule] for line in lines]
    return combined_rank({name: [line[name] for line in lines] for name in weights}, weights)


def fixed(groups: Sequence[Sequence[Line]], row: str) -> Outcome:
    """Return what always taking the last checkpoint of one row does."""
    return _outcome(groups, [_last(group, row) for group in groups], [math.nan] * len(groups))


def _outcome(
    groups: Sequence[Sequence[Line]], chosen: Sequence[Line], correlations: Sequence[float]
) -> Outcome:
    best = np.array([max(line["target"] for line in group) for group in groups])
    base = np.array([_last(group, SOURCE_ONLY)["target"] for group in groups])
    scores = np.array([line["target"] for line in chosen])
    return Outcome(np.array(correlations), best - scores, scores - base)


def _last(group: Sequence[Line], row: str) -> Line:
    return max((x for x in group if x["row"] == row), key=lambda line: line["iteration"])


def _number(text: str) -> float:
    return float(text) if text else math.nan
