"""The words and figures that Markdown and HTML share."""

from __future__ import annotations

from collections.abc import Sequence

from mmda.ablation.statistics import Cell
from mmda.ablation.table import NAM, Column, Sweep, Table, plain_title
from mmda.report.table import figure


def shown(cell: Cell, column: Column, seeds: Sequence[int]) -> str:
    """Return ``mean ± deviation``, with the number of seeds where some are missing."""
    text = figure(cell.mean, sign=column.minus is not None)
    if cell.std is not None:
        text += f" ± {figure(cell.std)}"
    if cell.values and len(cell.values) < len(seeds):
        text += f" ({len(cell.values)})"
    return text


def column_title(table: Table, column: Column) -> str:
    """Return a column's title; a difference says from which row."""
    if column.minus is None or column.title != plain_title(column.metric):
        return column.title
    return f"{column.title} - {table.rows[column.minus].title}"


def heading(table: Table, column: Column) -> str:
    """Return a column's title with its task where there are several."""
    task, title = table.tasks[column.task].title, column_title(table, column)
    return f"{task}: {title}" if task else title


def sweep_title(table: Table, sweep: Sweep) -> str:
    """Return what the figure of a sweep shows, for those who do not see it."""
    return f"{heading(table, table.columns[table.column_of(sweep)])} against {sweep.title}"


def caption(table: Table, seeds: Sequence[int]) -> str:
    """Return what the figures are."""
    text = "In percent"
    if len(seeds) > 1:
        text += (
            f", mean ± standard deviation over the seeds {', '.join(map(str, seeds))}; the number "
            "of seeds in brackets where some are missing"
        )
    text += ". Bold: the highest of a column; upper bounds and rows that miss seeds do not count."
    if any(column.metric == NAM for column in table.columns):
        text += " NAM = (row - source only) / (target only - source only), seed by seed."
    if any(column.minus is not None for column in table.columns):
        text += " Differences are taken seed by seed."
    return text
