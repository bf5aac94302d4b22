"""Tiny tables for the tests of the ablation runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmda.ablation import Column, Row, Sweep, Table, Task


def make_row(name: str, columns: int, **values: Any) -> Row:
    """Return a row of a table of one task that is bounded by `low` and `high`."""
    fields: dict[str, Any] = dict(
        name=name,
        title=name,
        config={"": "config.py"},
        published=(None,) * columns,
        bounds=("low", "high"),
    )
    return Row(**{**fields, **values})


def make_table(rows: list[Row], columns: tuple[Column, ...], **values: Any) -> Table:
    """Return a table over the seeds 0 and 1."""
    fields: dict[str, Any] = dict(
        path=Path("table.py"),
        title="A table",
        seeds=(0, 1),
        tasks={"": Task(name="")},
        columns=columns,
        rows={row.name: row for row in rows},
        target_only="high",
    )
    return Table.model_construct(**{**fields, **values})


COLUMNS = (
    Column(metric="mIoU"),
    Column(metric="NAM"),
    Column(metric="mIoU", title="gain", minus="low"),
)
SCORES = {
    ("low", "", 0): {"mIoU": 40.0},
    ("low", "", 1): {"mIoU": 50.0},
    ("a", "", 0): {"mIoU": 60.0},
    ("a", "", 1): {"mIoU": 54.0},
    ("b", "", 0): {"mIoU": 58.0},
    ("high", "", 0): {"mIoU": 80.0},
    ("high", "", 1): {"mIoU": 90.0},
}
SWEEP = Sweep(title="parameter", log=True)


def golden_table(**values: Any) -> Table:
    """Return the table whose figures are worked out by hand in the tests."""
    rows = [
        make_row("low", 3, published=(41.0, None, None)),
        make_row("a", 3, published=(61.5, None, None)),
        make_row("b", 3),
        make_row("empty", 3),
        make_row("high", 3),
    ]
    return make_table(rows, COLUMNS, **values)
