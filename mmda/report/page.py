"""The HTML report: a single file that can be read offline, on a phone and on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import mmda
from mmda.report.content import Report
from mmda.report.curves import charts, run_colour
from mmda.report.layers import ERRORS
from mmda.report.reliability import reliability_chart
from mmda.report.table import RunRow, class_names, run_name
from mmda.report.templates import template
from mmda.utils.files import atomic_write_text

SECTIONS = {
    "results": "Results",
    "choice": "The choice without target labels",
    "swipe": "Two maps of one scene",
    "errors": "Where the maps are wrong",
    "tiles": "Best and worst tiles",
    "confusion": "Confusion",
    "reliability": "How far probabilities can be trusted",
    "losses": "Losses",
    "metrics": "Scores during the training",
    "planes": "Features of both domains",
    "groups": "Groups",
    "matches": "Matched instances",
    "domains": "The data",
    "environment": "Environment",
    "differences": "How the configs differ",
    "parameters": "Parameters",
    "notes": "Notes",
    "missing": "What is not here",
}
"""Titles of the parts of a report, in order; all but the first can be left out."""


def write_report(out: Path | str, report: Report) -> Path:
    """Write one self-contained HTML file. Equal input gives equal bytes.

    Args:
        out: The file to write.
        report: What it shows.

    Returns:
        ``out``.

    Raises:
        ConfigError: If matplotlib or jinja2 is missing.
    """
    rows = report.rows
    there = {name: title for name, title in SECTIONS.items() if _has(report, name)}
    page = template("report.html.j2").render(
        report=report,
        version=mmda.__version__,
        there=there,
        colours={row.key: run_colour(row.key, i) for i, row in enumerate(rows)},
        scale=_scale(rows),
        class_names=class_names(rows),
        names={row.key: row.name for row in rows},
        charts={
            "losses": charts(report.losses, "loss"),
            "metrics": charts(report.metrics, "metric"),
        },
        legend=[(name, _hex(colour)) for name, colour in report.legend],
        error_kinds=_error_kinds(report),
        reliability=reliability_chart(report.reliability) if report.reliability else None,
        parameters=list(_flat(report.parameters)),
        run_name=run_name,
        run_colour=run_colour,
    )
    atomic_write_text(out, page)
    return Path(out)


def _has(report: Report, section: str) -> bool:
    return section == "results" or bool(getattr(report, section))


def _error_kinds(report: Report) -> list[tuple[str, str]]:
    """Return the kinds of errors that can occur, with their colours."""
    ground, classes = len(report.classes) - len(report.legend), len(report.legend)
    possible = {"missed": ground > 0, "false alarm": ground > 0, "wrong class": classes > 1}
    return [(name, _hex(colour)) for name, colour in ERRORS.items() if possible[name]]


def _hex(colour: Sequence[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _scale(rows: Sequence[RunRow]) -> dict[str, Any] | None:
    """Return the ends of the mIoU axis and each run's position on it, 0 to 100."""
    known = {row.key: row.miou for row in rows if row.miou is not None}
    if not 2 <= len(known) <= 3:
        return None
    low = max(0.0, 10 * (min(known.values()) // 10))
    high = min(100.0, 10 * (max(known.values()) // 10 + 1))
    places = {key: 100 * (value - low) / (high - low) for key, value in known.items()}
    return {"low": low, "high": high, "places": places}


def _flat(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield ``(dotted name, value)``."""
    for key, value in parameters.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            several = isinstance(value, (list, tuple))
            yield f"{prefix}{key}", ", ".join(map(str, value)) if several else str(value)
