"""Intervals, confusion and reliability from the predictions of tiles."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from mmda.evaluation.confusion import scores
from mmda.report.content import Report
from mmda.report.table import RunRow
from mmda.reporting.intervals import LEVEL, Intervals, bootstrap
from mmda.reporting.predictions import Predictions, TestTiles


def add_tile_scores(
    report: Report, predictions: Mapping[str, Predictions], tiles: TestTiles, seed: int
) -> None:
    """Add what the predictions tell of the runs; a run without a test gets their scores.

    Args:
        report: The report, with its rows and classes.
        predictions: What every run predicts, by key.
        tiles: The tiles.
        seed: Of the draws.
    """
    matrices = {key: one.matrices for key, one in predictions.items()}
    found = bootstrap(matrices, [tiles.rows[index]["scene"] for index in tiles.scored], seed)
    whole = len(tiles.scored) == len(tiles.dataset)
    rows = [dataclasses.replace(r, interval=found.miou.get(r.key)) for r in report.rows]
    if whole:
        sums = {key: one.sum(0) for key, one in matrices.items()}
        rows = [_scored(row, sums.get(row.key), report) for row in rows]
    report.rows = rows
    report.nam_interval = None if report.nam is None else found.nam
    report.scored = _told(found, len(tiles.scored), len(tiles.dataset), rows)
    report.confusion = {key: _shares(one.sum(0)) for key, one in matrices.items()}
    report.reliability = {key: one.reliability for key, one in predictions.items()}


def _scored(row: RunRow, matrix: np.ndarray | None, report: Report) -> RunRow:
    if matrix is None or row.miou is not None:
        return row
    result = scores(matrix)
    iou, f1 = (
        {
            n: float(v) if np.isfinite(v) else None
            for n, v in zip(report.classes, values, strict=True)
        }
        for values in (result.iou, result.f1)
    )
    return dataclasses.replace(row, miou=result.miou, mean_f1=result.mf1, iou=iou, f1=f1)


def _told(found: Intervals, tiles: int, there: int, rows: list[RunRow]) -> str:
    """Return what the intervals are of, in sentences."""
    if not found.miou:
        return ""
    of = f"{tiles} of the {there} test tiles" if tiles < there else f"the {there} test tiles"
    text = (
        f"Intervals: {100 * LEVEL:.0f} %, from {found.count} {found.drawn} drawn anew with "
        f"replacement, of {of}; all runs are scored on the same draws."
    )
    if found.drawn == "tiles":
        text += " Tiles of one scene are alike, so other scenes may differ by more."
    if any(row.seeds > 1 for row in rows):
        text += " They are those of the first seed's model, scores are means over seeds."
    return text


def _shares(matrix: np.ndarray) -> np.ndarray:
    """Return the shares of each true class in percent, (C, C); NaN for a class without pixels."""
    total = matrix.sum(1, keepdims=True)
    shares = np.full(matrix.shape, np.nan)
    return np.divide(100.0 * matrix, total, out=shares, where=total > 0)
