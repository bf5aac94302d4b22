"""From the scores of runs to the cells of a table."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmda.ablation.table import NAM, Column, Row, Table
from mmda.evaluation.nam import nam

Scores = Mapping[tuple[str, str, int], Mapping[str, float | None]]
"""The scores of a run by row, task and seed."""


@dataclass(frozen=True)
class Cell:
    """One figure of the table over the seeds.

    Attributes:
        values: The figure by seed, in percent.
        published: The paper's figure, None where there is none.
        best: Whether its mean is the highest of the column, upper bounds left out, and rows that
            miss seeds which others have.
    """

    values: Mapping[int, float]
    published: float | None
    best: bool = False

    @property
    def mean(self) -> float | None:
        """Mean over the seeds, None without any."""
        return float(np.mean(list(self.values.values()))) if self.values else None

    @property
    def std(self) -> float | None:
        """Standard deviation over the seeds (of the population), None below two seeds."""
        return float(np.std(list(self.values.values()))) if len(self.values) > 1 else None


def cells(table: Table, scores: Scores, seeds: Sequence[int]) -> dict[str, list[Cell]]:
    """Return the cells of each row, one per column.

    Args:
        table: The table.
        scores: The scores of the runs that are finished.
        seeds: The seeds that the table is over.
    """
    bounds = _upper_bounds(table)
    body = {
        name: [
            Cell(_column_values(row, column, scores, seeds), row.published[index])
            for index, column in enumerate(table.columns)
        ]
        for name, row in table.rows.items()
    }
    for index in range(len(table.columns)):
        column = {name: row[index] for name, row in body.items() if name not in bounds}
        for name in _best(column):
            body[name][index] = dataclasses.replace(body[name][index], best=True)
    return body


def _best(column: Mapping[str, Cell]) -> list[str]:
    """Return the rows with the highest mean, of those over the most seeds."""
    counts = [len(cell.values) for cell in column.values() if cell.values]
    if len(counts) < 2:
        return []  # nothing to compare
    means = {n: np.mean([*c.values.values()]) for n, c in column.items() if c.values}
    full = {name: m for name, m in means.items() if len(column[name].values) == max(counts)}
    return [name for name, mean in full.items() if mean == max(full.values())]


def _upper_bounds(table: Table) -> set[str]:
    named = {row.bounds[1] for row in table.rows.values() if row.bounds}
    return named | ({table.target_only} if table.target_only else set())


def _column_values(
    row: Row, column: Column, scores: Scores, seeds: Sequence[int]
) -> dict[int, float]:
    values = {}
    for seed in seeds:
        value = _value(row, column, scores, seed)
        if value is not None and math.isfinite(value):
            values[seed] = value
    return values


def _value(row: Row, column: Column, scores: Scores, seed: int) -> float | None:
    def score(name: str) -> float | None:
        return scores.get((name, column.task, seed), {}).get(column.score)

    own = score(row.name)
    if column.metric == NAM:
        if row.bounds is None or row.name in row.bounds:
            return None
        low, high = map(score, row.bounds)
        return None if own is None or low is None or high is None else nam(low, own, high)
    if column.minus is None:
        return own
    other = score(column.minus)
    return None if own is None or other is None or column.minus == row.name else own - other
