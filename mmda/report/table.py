"""The scores of a summary as rows, for the terminal and for the report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmda.errors import ConfigError

RUN_NAMES = {
    "source_only": "source only",
    "adapted": "adapted",
    "target_only": "target only",
}
NONE = "–"  # noqa: RUF001


@dataclass(frozen=True)
class RunRow:
    """One run of a summary; scores in percent, None for a missing value.

    Attributes:
        key: Key of the run in the summary.
        name: Name of the run in tables.
        miou: Mean IoU.
        mean_f1: Mean of the classes' F1.
        iou: IoU per class.
        f1: F1 per class.
        seconds: Training time in seconds.
        gain: Difference of the mean IoU to the source-only run, in points.
        interval: Lower and upper end of the mean IoU over other tiles of the kind.
        seeds: Number of runs that the scores are means of.
        deviation: Standard deviation of the mean IoU over the seeds.
    """

    key: str
    name: str
    miou: float | None
    mean_f1: float | None
    iou: dict[str, float | None]
    f1: dict[str, float | None]
    seconds: float | None
    gain: float | None
    interval: tuple[float, float] | None = None
    seeds: int = 1
    deviation: float | None = None


def run_name(key: str) -> str:
    """Return a run's name in tables."""
    return RUN_NAMES.get(key, key.replace("_", " "))


def number(value: Any) -> float | None:
    """Return a finite float, or None."""
    return float(value) if value is not None and math.isfinite(value) else None


def run_rows(summary: Mapping[str, Any]) -> list[RunRow]:
    """Return the runs in the order source only, adapted, target only, then others.

    Raises:
        ConfigError: If the summary has no runs.
    """
    runs: Mapping[str, Any] = summary.get("runs") or {}
    if not runs:
        raise ConfigError("The summary has no runs; expected keys such as `runs.source_only`.")
    keys = [k for k in RUN_NAMES if k in runs] + [k for k in runs if k not in RUN_NAMES]
    base = number(runs.get("source_only", {}).get("miou"))
    return [_row(key, runs[key], base) for key in keys]


def _row(key: str, run: Mapping[str, Any], base: float | None) -> RunRow:
    iou = {str(k): number(v) for k, v in run.get("iou", {}).items()}
    f1 = {str(k): number(v) for k, v in run.get("f1", {}).items()}
    known = [v for v in f1.values() if v is not None]
    miou = number(run.get("miou"))
    return RunRow(
        key=key,
        name=run_name(key),
        miou=miou,
        mean_f1=sum(known) / len(known) if known else None,
        iou=iou,
        f1=f1,
        seconds=number(run.get("train_seconds")),
        gain=None if miou is None or base is None or key == "source_only" else miou - base,
    )


def class_names(rows: Sequence[RunRow]) -> list[str]:
    """Return the classes of all runs, in order of appearance."""
    return list(dict.fromkeys(name for row in rows for name in (*row.iou, *row.f1)))


def figure(value: float | None, digits: int = 1, sign: bool = False) -> str:
    """Return a score as text; a dash for None."""
    return NONE if value is None else f"{value:{'+' if sign else ''}.{digits}f}"


def format_table(summary: Mapping[str, Any]) -> str:
    """Return the summary as a plain text table for the terminal.

    Args:
        summary: ``task``, ``seed``, ``runs.<run>.{miou, iou, f1, train_seconds}`` and ``nam``;
            IoU, F1 and NAM in percent; ``recommended.{run, why}``.

    Returns:
        Lines without a final line break.

    Raises:
        ConfigError: If the summary has no runs.
    """
    rows = run_rows(summary)
    classes = class_names(rows)
    head = ["run", "mIoU", "mean F1", *(f"IoU {name}" for name in classes), "train s"]
    body = [
        [
            row.name,
            figure(row.miou),
            figure(row.mean_f1),
            *(figure(row.iou.get(name)) for name in classes),
            figure(row.seconds),
        ]
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    lines = [_line(cells, widths) for cells in (head, ["-" * w for w in widths], *body)]
    title = ", ".join(
        [str(summary["task"])] * ("task" in summary)
        + [f"seed {summary.get('seed')}"] * ("seed" in summary)
    )
    nam = number(summary.get("nam"))
    ending = [f"NAM {figure(nam)} %"] if nam is not None else []
    if recommended := summary.get("recommended"):
        ending.append(f"without a target label: {recommended['why']}")
    return "\n".join([*([title] if title else []), *lines, *ending])


def _line(cells: list[str], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return "  ".join([first, *rest])
