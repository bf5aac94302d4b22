"""The demo's results: summary, table and report."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from mmda.ablation.run import CONFIG_FILE, TRAIN, Run
from mmda.api.selecting import select
from mmda.calibration import CalibrateOptions, Reliability, target_reliability
from mmda.demo.maps import MappedScene
from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.evaluation import nam
from mmda.report import Panel, read_scalars, read_scene, to_rgb, write_report
from mmda.selection import SelectOptions
from mmda.tasks import TASKS
from mmda.utils import atomic_write_text

PANEL = 256  # pixels
PANELS = 6
TILES = 16  # that tell how far probabilities can be trusted
SOURCE_ONLY, ADAPTED, TARGET_ONLY = "source_only", "adapted", "target_only"


def summarise(runs: Mapping[str, Run], task: str, seed: int) -> dict[str, Any]:
    """Return the summary of finished runs by name; scores and NAM in percent.

    ``recommended`` is what :func:`mmda.select` chooses of the first two runs, which have seen no
    target labels.
    """
    classes = TASKS[task].classes
    results = {name: _result(run, classes) for name, run in runs.items()}
    gain = nam(*(results[name]["miou"] for name in (SOURCE_ONLY, ADAPTED, TARGET_ONLY)))
    return {
        "task": task,
        "seed": seed,
        "runs": results,
        "nam": None if math.isnan(gain) else gain,
        "recommended": _recommended(runs),
    }


def _recommended(runs: Mapping[str, Run]) -> dict[str, Any]:
    """Return the run that is chosen without target labels, None where none may be, and why."""
    names = {runs[name].checkpoint: name for name in (SOURCE_ONLY, ADAPTED)}
    try:
        choice = select(list(names), options=SelectOptions(progress=False))
    except ConfigError as error:  # both have failed
        return {"run": None, "why": str(error)}
    return {"run": names[choice.checkpoint], "why": choice.why}


def _result(run: Run, classes: Sequence[str]) -> dict[str, Any]:
    metrics = run.result() or {}
    return {
        "miou": metrics["mIoU"],
        "iou": {name: metrics[f"IoU/{name}"] for name in classes},
        "f1": {name: metrics[f"F1/{name}"] for name in classes},
        "train_seconds": round(train_seconds(run.folder / TRAIN), 1),
    }


def train_seconds(folder: Path) -> float:
    """Return the time that a training spent in its iterations, without interruptions."""
    steps, seconds = read_scalars(folder, "time").get("time", ([], []))
    gaps = [step - before for before, step in zip([0, *steps], steps, strict=False)]
    return sum(gap * second for gap, second in zip(gaps, seconds, strict=True))


def write_results(
    out: Path,
    summary: dict[str, Any],
    runs: Mapping[str, Run],
    scene: MappedScene,
    parameters: dict[str, Any],
) -> None:
    """Write ``summary.json`` and ``report.html`` to ``out``.

    Args:
        out: The folder.
        summary: From :func:`summarise`.
        runs: The finished runs by name.
        scene: The mapped scene.
        parameters: What the runs were made with, for the report.
    """
    task = TASKS[summary["task"]]
    adapted = scene.maps[ADAPTED]
    write_report(
        out / "report.html",
        title=f"Toy cities: {summary['task']}",
        summary=summary,
        curves={name: read_scalars(run.folder / TRAIN) for name, run in runs.items()},
        panels=scene_panels(scene),
        classes=task.classes,
        palette=task.palette,
        scene=read_scene(
            scene.image,
            adapted,
            task.palette,
            task.classes,
            caption=f"{scene.image.name}, mapped by the adapted model to `{adapted}`",
        ),
        reliability={name: _reliability(run) for name, run in runs.items()},
        parameters=parameters,
    )
    atomic_write_text(out / "summary.json", json.dumps(summary, indent=2) + "\n")


def _reliability(run: Run) -> Reliability:
    options = CalibrateOptions(tiles=TILES, progress=False)
    return target_reliability(load_config(run.folder / CONFIG_FILE), run.checkpoint, options)


def scene_panels(scene: MappedScene) -> list[Panel]:
    """Cut a scene, its truth and its maps into panels; the ones with most foreground come first."""
    with rasterio.open(scene.image) as raster:
        image = to_rgb(raster.read())
    maps = {name.replace("_", " "): _read(path) for name, path in scene.maps.items()}
    masks = {"truth": _read(scene.truth), **maps}
    corners = [
        (row, column)
        for row in range(0, image.shape[0] - PANEL + 1, PANEL)
        for column in range(0, image.shape[1] - PANEL + 1, PANEL)
    ]
    windows = [np.s_[row : row + PANEL, column : column + PANEL] for row, column in corners]
    windows.sort(key=lambda window: -_variety(masks["truth"][window]))
    return [
        Panel(
            f"{scene.image.stem}, row {window[0].start}, column {window[1].start}",
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
