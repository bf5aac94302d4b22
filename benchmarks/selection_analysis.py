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
TEXTS = ("table", "task", "row", "checkpoint")
BASES = ("source_only", "strong")
"""Names of source-only rows; a table's is the first of them that it has."""
FIXED = {
    "always AdaBN": ("adabn",),
    "always the image level": ("image_level",),
    "always the recipe": ("adapted", "recipe"),
}
"""Choices that look at no criterion, with the names that their row has in one table or another."""


@dataclass(frozen=True)
class Group:
    """What a user would choose from: all checkpoints of one table, task and seed.

    Attributes:
        lines: A line per checkpoint.
        base: Score of the last source-only checkpoint, NaN where none was measured.
    """

    lines: Sequence[Line]
    base: float


@dataclass(frozen=True)
class Outcome:
    """What a rule did over the groups in which it has a choice; scores in points of mIoU.

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
            {k: v if k in TEXTS else _number(v) for k, v in line.items()}
            for line in csv.DictReader(file)
        ]


def by_group(lines: Sequence[Line], bases: Sequence[str] = BASES) -> list[Group]:
    """Return the lines of each table, task and seed.

    Args:
        lines: The lines of all tables.
        bases: Names of source-only rows, see :data:`BASES`.

    Raises:
        ValueError: When a table has none of these rows.
    """
    rows: dict[str, set[str]] = {}
    found: dict[tuple, list[Line]] = {}
    for line in lines:
        rows.setdefault(line["table"], set()).add(line["row"])
        found.setdefault((line["table"], line["task"], line["seed"]), []).append(line)
    base = {table: _base(table, names, bases) for table, names in rows.items()}
    return [Group(group, _score(_last(group, base[key[0]]))) for key, group in found.items()]


def analyse(lines: Sequence[Line], bases: Sequence[str] = BASES) -> Iterator[str]:
    """Yield the lines of a Markdown table of all rules, that of least mean regret first.

    Args:
        lines: The lines of all tables.
        bases: As in :func:`by_group`.

    Raises:
        ValueError: As :func:`by_group`.
    """
    groups = by_group(lines, bases)
    runs = {(x["table"], x["task"], x["seed"], x["row"]) for x in lines}
    yield (
        f"{len(lines)} checkpoints of {len(runs)} trainings in {len(groups)} groups of one table, "
        f"task and seed; {sum(x['refused'] for x in lines):.0f} of them are refused by the guards."
    )
    yield ""
    yield "| chosen by | groups | Spearman | mean regret | highest | over source only | worst |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    rules = [*CRITERIA, ENSEMBLE, RANK, "source_validation"]
    outcomes = {name: outcome(groups, name) for name in rules}
    outcomes["always source only"] = fixed(groups, bases)
    outcomes |= {name: fixed(groups, rows) for name, rows in FIXED.items()}
    known = {name: one for name, one in outcomes.items() if len(one.regret)}
    for name, one in sorted(known.items(), key=lambda item: item[1].regret.mean()):
        gain = one.gain[~np.isnan(one.gain)]
        over = f"{gain.mean():+.2f} | {gain.min():+.2f}" if len(gain) else " | "
        yield (
            f"| {name} | {len(one.regret)} | {_mean(one.correlation)} | {one.regret.mean():.2f} | "
            f"{one.regret.max():.2f} | {over} |"
        )


def outcome(groups: Sequence[Group], rule: str, weights: dict[str, float] | None = None) -> Outcome:
    """Return what a criterion did; it chooses no model that is refused or has no value.

    Groups in which nothing is left to choose from are not counted.

    Args:
        groups: The groups.
        rule: Name of the criterion.
        weights: Other weights of the rank combination than mmda's.
    """
    correlations, chosen = [], []
    for group in groups:
        known = _valued(group.lines, rule, weights or WEIGHTS)
        chosen.append(_best(known))
        correlations.append(_correlation(known))
    return _outcome(groups, chosen, correlations)


def chosen_line(lines: Sequence[Line], rule: str) -> Line | None:
    """Return the model of a group that a criterion chooses; None where there is none to choose."""
    return _best(_valued(lines, rule, WEIGHTS))


def _valued(
    lines: Sequence[Line], rule: str, weights: dict[str, float]
) -> list[tuple[Line, float]]:
    """Return the models that may be chosen with a criterion's values."""
    allowed = [line for line in lines if not line["refused"]]
    valued = zip(allowed, column(allowed, rule, weights), strict=True)
    return [(line, value) for line, value in valued if math.isfinite(value)]


def _best(known: Sequence[tuple[Line, float]]) -> Line | None:
    return max(known, key=lambda pair: pair[1])[0] if known else None


def column(lines: Sequence[Line], rule: str, weights: dict[str, float]) -> list[float]:
    """Return a criterion's values; the rank combination is computed from the others."""
    if rule != RANK:
        return [line[rule] for line in lines]
    return combined_rank({name: [line[name] for line in lines] for name in weights}, weights)


def fixed(groups: Sequence[Group], rows: Sequence[str]) -> Outcome:
    """Return what always taking the last checkpoint of a row does, in the groups that have it.

    Args:
        groups: The groups.
        rows: Names of the row; a group's is the first of them that it has.
    """
    chosen = []
    for group in groups:
        found = (_last(group.lines, row) for row in rows)
        chosen.append(next((line for line in found if line), None))
    return _outcome(groups, chosen, [math.nan] * len(groups))


def _outcome(
    groups: Sequence[Group], chosen: Sequence[Line | None], correlations: Sequence[float]
) -> Outcome:
    kept = [
        (rho, max(line["target"] for line in group.lines), one["target"], group.base)
        for group, one, rho in zip(groups, chosen, correlations, strict=True)
        if one is not None
    ]
    rho, best, score, base = np.array(kept, float).reshape(-1, 4).T
    return Outcome(rho, best - score, score - base)


def _correlation(known: Sequence[tuple[Line, float]]) -> float:
    values, truth = [value for _, value in known], [line["target"] for line, _ in known]
    if len(set(values)) < 2 or len(set(truth)) < 2:
        return math.nan
    return float(spearmanr(values, truth).statistic)


def _base(table: str, rows: set[str], bases: Sequence[str]) -> str:
    for name in bases:
        if name in rows:
            return name
    raise ValueError(
        f"The table `{table}` has none of the source-only rows {', '.join(bases)}, but "
        f"{', '.join(sorted(rows))}. Name its own with --base."
    )


def _last(lines: Sequence[Line], row: str) -> Line | None:
    """Return a row's last checkpoint; of several of one iteration, the one that is trained."""
    found = [line for line in lines if line["row"] == row]
    return max(found, key=lambda x: (x["iteration"], -len(x["checkpoint"])), default=None)


def _score(line: Line | None) -> float:
    return math.nan if line is None else line["target"]


def _mean(values: np.ndarray) -> str:
    known = values[~np.isnan(values)]
    return f"{known.mean():.2f}" if len(known) else ""


def _number(text: str) -> float:
    return float(text) if text else math.nan
