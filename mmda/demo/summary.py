"""The demo's results: summary, table and report."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmda.ablation.run import TRAIN, Run
from mmda.api.selecting import select
from mmda.errors import ConfigError
from mmda.evaluation import nam
from mmda.report import write_report
from mmda.reporting import ReportOptions, report_on
from mmda.reporting.scores import train_seconds
from mmda.selection import SelectOptions
from mmda.selection.select import CHOICE
from mmda.tasks import TASKS
from mmda.utils import atomic_write_text

SOURCE_ONLY, ADAPTED, TARGET_ONLY = "source_only", "adapted", "target_only"


def summarise(runs: Mapping[str, Run], task: str, seed: int, table: Path) -> dict[str, Any]:
    """Return the summary of finished runs by name; scores and NAM in percent.

    ``recommended`` is what :func:`mmda.select` chooses of the first two runs, which have seen no
    target labels. The choice is stored in the folder of the runs, where the report finds it.
    """
    classes = TASKS[task].classes
    results = {name: _result(run, classes) for name, run in runs.items()}
    gain = nam(*(results[name]["miou"] for name in (SOURCE_ONLY, ADAPTED, TARGET_ONLY)))
    return {
        "task": task,
        "seed": seed,
        "runs": results,
        "nam": None if math.isnan(gain) else gain,
        "recommended": _recommended(runs, table),
    }


def _recommended(runs: Mapping[str, Run], table: Path) -> dict[str, Any]:
    """Return the run that is chosen without target labels, None where none may be, and why."""
    (table / CHOICE).unlink(missing_ok=True)
    names = {runs[name].checkpoint: name for name in (SOURCE_ONLY, ADAPTED)}
    try:
        choice = select(list(names), options=SelectOptions(progress=False))
    except ConfigError as error:  # both have failed
        return {"run": None, "why": str(error)}
    choice.write(table / CHOICE)
    return {"run": names[choice.checkpoint], "why": choice.why}


def _result(run: Run, classes: Sequence[str]) -> dict[str, Any]:
    metrics = run.result() or {}
    return {
        "miou": metrics["mIoU"],
        "iou": {name: metrics[f"IoU/{name}"] for name in classes},
        "f1": {name: metrics[f"F1/{name}"] for name in classes},
        "train_seconds": round(train_seconds(run.folder / TRAIN) or 0.0, 1),
    }


def write_results(out: Path, summary: dict[str, Any], table: Path) -> Path:
    """Write ``summary.json`` and ``report.html`` to ``out``.

    Args:
        out: The folder.
        summary: From :func:`summarise`.
        table: The folder of the runs.

    Returns:
        The report.
    """
    atomic_write_text(out / "summary.json", json.dumps(summary, indent=2) + "\n")
    options = ReportOptions(progress=False)
    report = report_on([table], options, title=f"Toy cities: {summary['task']}")
    return write_report(out / "report.html", report)
