"""Writes a table as Markdown, CSV and HTML, and its sweep as a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmda.ablation.page import table_page
from mmda.ablation.statistics import Cell, Scores, cells
from mmda.ablation.sweep import draw_sweep
from mmda.ablation.table import Table
from mmda.ablation.text import caption, heading, shown, sweep_title
from mmda.report.table import figure
from mmda.utils import atomic_write_text
from mmda.utils.names import markdown_cell

SWEEP = "sweep.png"


def write_table(
    table: Table, scores: Scores, seeds: Sequence[int], out: Path, remarks: Sequence[str] = ()
) -> list[Path]:
    """Write ``table.md``, ``table.csv``, ``runs.csv``, ``table.html`` and ``sweep.png``.

    Args:
        table: The table.
        scores: The scores of the runs that are finished; a table may be written at any time.
        seeds: The seeds that the table is over.
        out: Folder to write to.
        remarks: Sentences on the state of the runs.

    Returns:
        The files.
    """
    body = cells(table, scores, seeds)
    picture = None
    if table.sweep is not None:
        picture = out / SWEEP
        draw_sweep(table, table.sweep, body, picture)
    texts = {
        "table.md": markdown(table, body, seeds, remarks),
        "table.csv": table_csv(table, body),
        "runs.csv": runs_csv(scores),
        "table.html": table_page(table, body, seeds, remarks, picture),
    }
    for name, text in texts.items():
        atomic_write_text(out / name, text)
    return [*(out / name for name in texts), *([picture] if picture else [])]


def markdown(
    table: Table, body: Mapping[str, Sequence[Cell]], seeds: Sequence[int], remarks: Sequence[str]
) -> str:
    """Return the table as Markdown, with a link to the sweep's figure.

    Published figures have columns of their own.
    """
    columns = range(len(table.columns))
    with_paper = [any(row[i].published is not None for row in body.values()) for i in columns]
    head = ["method"]
    for index, column in enumerate(table.columns):
        head += [heading(table, column)] + [f"{heading(table, column)}, paper"] * with_paper[index]
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for name, row in table.rows.items():
        line = [row.title]
        for index, (cell, column) in enumerate(zip(body[name], table.columns, strict=True)):
            text = shown(cell, column, seeds)
            line.append(f"**{text}**" if cell.best else text)
            line += [figure(cell.published)] * with_paper[index]
        lines.append(line)
    grid = "\n".join("| " + " | ".join(map(markdown_cell, line)) + " |" for line in lines)
    below = [caption(table, seeds), *remarks, *table.notes]
    if table.sweep is not None:
        below.append(f"![{sweep_title(table, table.sweep)}]({SWEEP})")
    above = [f"# {table.title}", *([table.paper] if table.paper else [])]
    return "\n\n".join([*above, grid, *below]) + "\n"


def table_csv(table: Table, body: Mapping[str, Sequence[Cell]]) -> str:
    """Return the table as CSV, one line per row and column with full precision."""
    head = ["row", "title", "task", "metric", "minus", "mean", "std", "seeds", "published"]
    lines = [
        [
            *(name, table.rows[name].title, column.task, column.metric, column.minus or ""),
            *(_plain(cell.mean), _plain(cell.std), len(cell.values), _plain(cell.published)),
        ]
        for name, row in body.items()
        for column, cell in zip(table.columns, row, strict=True)
    ]
    return _csv([head, *lines])


def runs_csv(scores: Scores) -> str:
    """Return all scores of all runs as CSV, one line per run."""
    names = list(dict.fromkeys(name for run in scores.values() for name in run))
    lines = [[*key, *(_plain(run.get(name)) for name in names)] for key, run in scores.items()]
    return _csv([["row", "task", "seed", *names], *lines])


def _csv(lines: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
