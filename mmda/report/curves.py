"""Curves of losses and scores, read from MMEngine's scalars and drawn as inline SVG."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmda.errors import DataError
from mmda.report.svg import inline_svg

Curves = dict[str, tuple[list[int], list[float]]]
"""Name -> (iterations, values)."""

COLOURS = {"source_only": "#e07b39", "adapted": "#3b82f6", "target_only": "#22a06b"}
OTHER_COLOURS = ("#a855f7", "#db2777", "#0891b2", "#ca8a04")


def run_colour(key: str, index: int = 0) -> str:
    """Return the colour of a run, the same in every chart."""
    return COLOURS.get(key, OTHER_COLOURS[index % len(OTHER_COLOURS)])


def read_scalars(work_dir: Path | str, contains: str = "loss") -> Curves:
    """Read the curves that MMEngine has logged in a work directory.

    A resumed training has one folder per start. They are merged by step; where several have the
    same step, the latest counts. An incomplete line, which a killed training can leave, is ignored.

    Args:
        work_dir: The folder with ``<timestamp>/vis_data/scalars.json``.
        contains: Text that the last part of a dotted key must contain.

    Returns:
        For each key, the iterations in ascending order, and the values.

    Raises:
        DataError: If there is no such file.
    """
    files = sorted(Path(work_dir).glob("*/vis_data/scalars.json"))
    if not files:
        raise DataError(
            f"No `<timestamp>/vis_data/scalars.json` in `{work_dir}`; expected the work directory "
            "of a training."
        )
    merged: dict[str, dict[int, float]] = {}
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            record = _record(line)
            step = record.get("step", record.get("iter"))
            for key, value in record.items():
                if step is not None and contains in key.rpartition(".")[2]:
                    merged.setdefault(key, {})[int(step)] = float(value)
    return {
        key: (sorted(points), [points[step] for step in sorted(points)])
        for key, points in merged.items()
    }


def _record(line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {}


def smoothed(values: np.ndarray) -> np.ndarray:
    """Return a centred Gaussian average over about a fortieth of the curve.

    Values that are not finite are left out of the averages around them.
    """
    from scipy.ndimage import gaussian_filter1d

    known = np.isfinite(values)
    sigma = max(len(values) / 80, 0.5)
    total = gaussian_filter1d(np.where(known, values, 0.0), sigma, mode="nearest")
    weight = gaussian_filter1d(known.astype(float), sigma, mode="nearest")
    return np.divide(total, weight, out=np.full(len(values), np.nan), where=weight > 1e-6)


def charts(curves: Mapping[str, Curves], prefix: str = "chart") -> list[tuple[str, str]]:
    """Draw one chart per curve's name with a line per run.

    Args:
        curves: Run -> name -> (iterations, values).
        prefix: Makes the ids of the charts different from those of others in the page.

    Returns:
        ``(name, inline SVG)`` in order of appearance, the total ``loss`` first.
    """
    names = list(dict.fromkeys(name for found in curves.values() for name in found))
    names.sort(key=lambda name: name != "loss")
    runs = list(curves)
    return [
        (name, _chart(f"{prefix}{i}", {r: c[name] for r, c in curves.items() if name in c}, runs))
        for i, name in enumerate(names)
    ]


def _chart(id: str, lines: Mapping[str, tuple[list[int], list[float]]], runs: list[str]) -> str:
    """Draw one curve of several runs."""

    def draw(axes: Any) -> None:
        for run, (steps, values) in lines.items():
            colour = run_colour(run, runs.index(run))
            series = np.asarray(values, dtype=float)
            axes.plot(steps, series, color=colour, linewidth=0.7, alpha=0.45)
            axes.plot(steps, smoothed(series), color=colour, linewidth=1.7)
        axes.set_xlabel("iteration")
        axes.margins(x=0.01)

    return inline_svg(id, draw, (4.4, 2.4))
