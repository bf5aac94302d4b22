"""A table as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import mmda
from mmda.ablation.statistics import Cell
from mmda.ablation.table import Table
from mmda.ablation.text import caption, column_title, shown, sweep_title
from mmda.report.page import template
from mmda.report.pictures import data_uri
from mmda.report.table import figure


def table_page(
    table: Table,
    body: Mapping[str, Sequence[Cell]],
    seeds: Sequence[int],
    remarks: Sequence[str],
    picture: Path | None = None,
) -> str:
    """Return the page: published figures stand below the measured ones.

    Args:
        table: The table.
        body: Its cells.
        seeds: The seeds that it is over.
        remarks: Sentences on the state of the runs.
        picture: The PNG file of the sweep, which becomes part of the page; None without one.
    """
    rows = [
        {
            "title": row.title,
            "bound": name in {n for r in table.rows.values() for n in r.bounds or ()},
            "cells": [
                {
                    "text": shown(cell, column, seeds) if row.configs else "",
                    "best": cell.best,
                    "published": None if cell.published is None else figure(cell.published),
                }
                for cell, column in zip(body[name], table.columns, strict=True)
            ],
        }
        for name, row in table.rows.items()
    ]
    groups = [
        (table.tasks[task].title, len(list(columns)))
        for task, columns in groupby(table.columns, lambda column: column.task)
    ]
    return template("table.html.j2", Path(__file__).parent).render(
        title=table.title,
        paper=table.paper,
        groups=groups if len(groups) > 1 else [],
        heads=[column_title(table, column) for column in table.columns],
        rows=rows,
        published=any(cell.published is not None for row in body.values() for cell in row),
        caption=caption(table, seeds),
        remarks=remarks,
        notes=table.notes,
        sweep=_sweep(table, picture),
        version=mmda.__version__,
    )


def _sweep(table: Table, picture: Path | None) -> dict[str, str] | None:
    """Return the sweep's figure as a ``data:`` URI, and what it shows."""
    if table.sweep is None or picture is None:
        return None
    return {"uri": data_uri(picture.read_bytes()), "title": sweep_title(table, table.sweep)}
