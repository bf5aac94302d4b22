"""The demo's results: summary, table and report."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from mmda.demo.runs import Run
from mmda.evaluation import nam
from mmda.report import Panel, read_scalars, read_scene, to_rgb, write_report
from mmda.tasks import TASKS
from mmda.utils import atomic_write_text

ORDER = ("source_only", "adapted", "target_only")
PANEL = 256  # pixels
PANELS = 6


def summarise(runs: Sequence[Run], task: str, seed: int) -> dict[str, Any]:
    """Return the summary of finished runs; scores and NAM in percent."""
    by_name = {run.name: run for run in runs}
    classes = TASKS[task].classes
    results = {name: _result(by_name[name], classes) for name in ORDER}
    gain = nam(*(results[name]["miou"] for name in ORDER))
    return {
        "task": task,
        "seed": seed,
        "runs": results,
        "nam": None if math.isnan(gain) else gain,
    }


def _result(run: Run, classes: Sequence[str]) -> dict[str, Any]:
    metrics = run.metrics()
    return {
        "miou": metrics["mIoU"],
        "iou": {name: metrics[f"IoU/{name}"] for name in classes},
        "f1": {name: metrics[f"F1/{name}"] for name in classes},
        "train_seconds": round(run.train_seconds(), 1),
    }


def write_results(
    out: Path,
    summary: dict[str, Any],
    runs: Sequence[Run],
    truth: Path,
    parameters: dict[str, Any],
) -> None:
    """Write ``summary.json`` and ``report.html`` to ``out``.

    Args:
        out: The folder.
        summary: From :func:`summarise`.
        runs: The finished runs.
        truth: Mask of the mapped scene.
        parameters: What the runs were made with, for the report.
    """
    task = TASKS[summary["task"]]
    by_name = {run.name: run for run in runs}
    adapted = by_name["adapted"]
    write_report(
        out / "report.html",
        title=f"Toy cities: {summary['task']}",
        summary=summary,
        curves={name: read_scalars(by_name[name].work_dir) for name in ORDER},
        panels=scene_panels(adapted.scene, truth, {n: by_name[n].map_file for n in ORDER}),
        classes=task.classes,
        palette=task.palette,
        scene=read_scene(
            adapted.scene,
            adapted.map_file,
            task.palette,
            task.classes,
            caption=f"{adapted.scene.name}, mapped by the adapted model to `{adapted.map_file}`",
        ),
        parameters=parameters,
    )
    atomic_write_text(out / "summary.json", json.dumps(summary, indent=2) + "\n")


def scene_panels(scene: Path, truth: Path, maps: dict[str, Path]) -> list[Panel]:
    """Cut a scene, its truth and its maps into panels; the ones with most foreground come first."""
    with rasterio.open(scene) as raster:
        image = to_rgb(raster.read())
    masks = {"truth": _read(truth), **{n.replace("_", " "): _read(p) for n, p in maps.items()}}
    corners = [
        (row, column)
        for row in range(0, image.shape[0] - PANEL + 1, PANEL)
        for column in range(0, image.shape[1] - PANEL + 1, PANEL)
    ]
    windows = [np.s_[row : row + PANEL, column : column + PANEL] for row, column in corners]
    windows.sort(key=lambda window: -_variety(masks["truth"][window]))
    return [
        Panel(
            f"{scene.stem}, row {window[0].start}, column {window[1].start}",
            np.ascontiguousarray(image[window]),
            {name: mask[window] for name, mask in masks.items()},
        )
        for window in windows[:PANELS]
    ]


def _variety(mask: np.ndarray) -> float:
    """Return the entropy of the classes in a mask, in nats."""
    counts = np.bincount(mask[mask != 255], minlength=1)
    share = counts[counts > 0] / max(1, counts.sum())
    return float(-(share * np.log(share)).sum())


def _read(path: Path) -> np.ndarray:
    with rasterio.open(path) as raster:
        return raster.read(1)
