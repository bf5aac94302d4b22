"""The rows of a report: the scores of every run over its seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from mmda.errors import DataError
from mmda.evaluation.nam import nam
from mmda.report.curves import Curves, read_scalars
from mmda.report.table import RUN_NAMES, RunRow
from mmda.reporting.roles import ADAPTED, SOURCE_ONLY, TARGET_ONLY
from mmda.reporting.runs import FoundRun


def score_rows(
    runs: Sequence[FoundRun], roles: Mapping[str, str], titles: Mapping[str, str]
) -> list[RunRow]:
    """Return a row per name of runs, means over seeds; those with roles come first.

    Args:
        runs: The runs.
        roles: Names of the runs that have roles.
        titles: Titles of rows by name; others have their name.
    """
    keys = {name: role for role, name in roles.items()}
    names = list(dict.fromkeys([*roles.values(), *(run.name for run in runs)]))
    title_of = {name: titles.get(name, name.replace("_", " ")) for name in names}
    for name, role in keys.items():
        if RUN_NAMES[role] not in title_of[name]:
            title_of[name] += f" ({RUN_NAMES[role]})"
    base = _mean(_values([run for run in runs if run.name == roles.get(SOURCE_ONLY)], "mIoU"))
    return [
        _row(keys.get(name, name), title_of[name], [r for r in runs if r.name == name], base)
        for name in names
    ]


def _row(key: str, name: str, runs: Sequence[FoundRun], base: float | None) -> RunRow:
    values = _values(runs, "mIoU")
    miou = _mean(values)
    classes = dict.fromkeys(
        one.partition("/")[2] for run in runs for one in run.scores if one.startswith("IoU/")
    )
    seconds = [found for run in runs if (found := train_seconds(run.folder)) is not None]
    return RunRow(
        key=key,
        name=name,
        miou=miou,
        mean_f1=_mean(_values(runs, "mF1")),
        iou={one: _mean(_values(runs, f"IoU/{one}")) for one in classes},
        f1={one: _mean(_values(runs, f"F1/{one}")) for one in classes},
        seconds=_mean(seconds),
        gain=None if miou is None or base is None or key == SOURCE_ONLY else miou - base,
        seeds=len(values),
        deviation=float(np.std(values)) if len(values) > 1 else None,
    )


def _values(runs: Sequence[FoundRun], score: str) -> list[float]:
    return [run.scores[score] for run in runs if score in run.scores]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def mean_nam(runs: Sequence[FoundRun], roles: Mapping[str, str]) -> float | None:
    """Return the mean of NAM over the seeds that all three runs have; ``None`` without any."""
    if not {SOURCE_ONLY, ADAPTED, TARGET_ONLY} <= set(roles):
        return None
    by_seed: dict[int, dict[str, float]] = {}
    for run in runs:
        for role, name in roles.items():
            if run.name == name and "mIoU" in run.scores:
                by_seed.setdefault(run.seed, {})[role] = run.scores["mIoU"]
    order = (SOURCE_ONLY, ADAPTED, TARGET_ONLY)
    whole = [scores for scores in by_seed.values() if len(scores) == len(order)]
    values = [nam(*(scores[role] for role in order)) for scores in whole]
    return _mean([value for value in values if np.isfinite(value)])


def train_seconds(folder: Path) -> float | None:
    """Return the time that a training spent in its iterations, without interruptions.

    Args:
        folder: Folder of its logs.

    Returns:
        Seconds; ``None`` without a training's log.
    """
    steps, seconds = logged(folder).get("time", ([], []))
    gaps = [step - before for before, step in zip([0, *steps], steps, strict=False)]
    spent = sum(gap * second for gap, second in zip(gaps, seconds, strict=True))
    return spent or None


def logged(folder: Path) -> Curves:
    """Return all curves that a run has logged in a folder; empty without a training's log."""
    with suppress(DataError):
        return read_scalars(folder, "")
    return {}


def losses_and_scores(curves: Curves) -> tuple[Curves, Curves]:
    """Return the curves of losses, and those of scores; a curve has two points or more.

    Scores are those of validations, of discriminators and of what is measured without labels.
    """
    losses, scores = {}, {}
    for name, curve in curves.items():
        last = name.rpartition(".")[2]
        if len(curve[0]) < 2:
            continue
        if last.startswith("loss"):
            losses[name] = curve
        elif last.startswith(("mIoU", "acc", "selection/")):
            scores[name] = curve
    return losses, scores
