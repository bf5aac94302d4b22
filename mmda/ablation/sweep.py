"""The figure of a sweep: a score against a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmda.ablation.statistics import Cell
from mmda.ablation.table import Row, Sweep, Table
from mmda.report.curves import OTHER_COLOURS, run_colour
from mmda.utils import atomic_path
from mmda.utils.extras import require

SIZE = (5.6, 3.5)  # inches, without the legend
COLUMNS = 2  # of the legend
ROW = 0.18  # height of a legend's row in inches
STYLES = ("--", "-.", ":")


def draw_sweep(table: Table, sweep: Sweep, body: Mapping[str, Sequence[Cell]], out: Path) -> None:
    """Draw means with bars of one standard deviation, and published figures as crosses.

    Rows without a place on the axis, such as source only, are drawn as broken lines.

    Args:
        table: The table.
        sweep: Its figure.
        body: Its cells.
        out: The PNG file.
    """
    figure = require("matplotlib.figure").Figure(figsize=SIZE, dpi=150, layout="constrained")
    axes = figure.add_subplot()
    column = table.column_of(sweep)
    rows = list(table.rows.values())
    lines = list(dict.fromkeys(row.line for row in rows if row.x is not None))
    for number, line in enumerate(lines):
        members = [row for row in rows if row.x is not None and row.line == line]
        colour = OTHER_COLOURS[number % len(OTHER_COLOURS)]
        _draw_line(axes, line, members, body, column, colour)
    for number, row in enumerate((row for row in rows if row.x is None), len(lines)):
        if (mean := body[row.name][column].mean) is not None:
            # Where the colours begin anew, so does a style.
            style = STYLES[number // len(OTHER_COLOURS) % len(STYLES)]
            colour = run_colour(row.name, number)
            axes.axhline(mean, color=colour, linestyle=style, linewidth=1, label=row.title)
    if sweep.log:
        axes.set_xscale("log", base=2)
    places = sorted({row.x for row in rows if row.x is not None})
    axes.set_xticks(places, [f"{place:g}" for place in places])
    axes.minorticks_off()
    axes.set_xlabel(sweep.title)
    axes.set_ylabel(f"{table.columns[column].title} (%)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    _add_legend(figure)
    with atomic_path(out) as temporary:
        figure.savefig(temporary, bbox_inches="tight")  # long titles widen the figure


def _add_legend(figure: Any) -> None:
    """Add a legend below the axes, where it hides nothing; the figure grows by its height."""
    count = len(figure.axes[0].get_legend_handles_labels()[0])
    if count:
        rows = -(-count // COLUMNS)
        figure.set_figheight(SIZE[1] + ROW * rows)
        figure.legend(loc="outside lower center", ncols=COLUMNS, frameon=False, fontsize=8)


def _draw_line(
    axes: object,
    line: str,
    rows: Sequence[Row],
    body: Mapping[str, Sequence[Cell]],
    column: int,
    colour: str,
) -> None:
    points = sorted(
        (row.x or 0.0, cell.mean, cell.std or 0.0)
        for row in rows
        if (cell := body[row.name][column]).mean is not None
    )
    if points:
        x, means, deviations = zip(*points, strict=True)
        label = (line or "measured") + (", ± standard deviation" if any(deviations) else "")
        axes.errorbar(  # type: ignore[attr-defined]
            x,
            means,
            deviations if any(deviations) else None,
            color=colour,
            marker="o",
            markersize=4,
            capsize=3,
            label=label,
        )
    published = [(r.x, p) for r in rows if (p := body[r.name][column].published) is not None]
    if published:
        x, figures = zip(*published, strict=True)
        label = f"{line}, published" if line else "published"
        axes.plot(  # type: ignore[attr-defined]
            x, figures, color=colour, marker="x", linestyle=":", label=label
        )
