"""A report with every part, of invented runs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from mmda.report import Report
from mmda.report.content import Choice, Domain, Panel, Swipe
from mmda.report.gallery import View
from mmda.report.layers import error_layer, mask_layer
from mmda.report.plane import footprints, scatter
from mmda.report.table import run_rows

PALETTE = [[0, 0, 0], [220, 60, 50]]
LEFT, RIGHT = "all of it", "nothing"
"""What the two maps of the scene have as class 1."""


def run(miou, seconds=10.0, f1=50.0, name="building"):
    return {
        "miou": miou,
        "iou": {"background": miou + 10, name: miou - 10},
        "f1": {"background": f1, name: float("nan")},
        "train_seconds": seconds,
    }


def binned(accuracy, ece):
    counts, confidence = np.array([5, 0, 3]), np.array([0.5, np.nan, 0.9])
    return SimpleNamespace(
        counts=counts, confidence=confidence, accuracy=np.array(accuracy), ece=ece
    )


def full_report(name="building", title="A <to> B"):
    """Return a report with every part; ``name`` stands wherever data or users name something."""
    rows = run_rows(
        {
            "runs": {
                "target_only": run(80.0, name=name),
                "source_only": run(40.0, name=name),
                "adapted": run(64.0, 22.5, name=name),
            }
        }
    )
    report = Report(title=title, rows=rows, subtitle=f"Task: {name}", nam=60.0)
    report.nam_interval = (55.0, 66.6)
    report.scored = f"Intervals of {name}."
    image = np.full((200, 300, 3), 120, np.uint8)
    whole, empty = np.ones((200, 300), np.uint8), np.zeros((200, 300), np.uint8)
    stored = report.gallery.add(image)
    layers = {
        LEFT: report.gallery.add(mask_layer(whole, PALETTE, [0], alpha=1.0)),
        RIGHT: report.gallery.add(mask_layer(empty, PALETTE, [0], alpha=1.0)),
        name: report.gallery.add(error_layer(whole, empty, [0])),
    }
    report.swipe = Swipe(stored, layers, f"{name}.")
    view = View([stored, layers[LEFT]], f"{name}: a view", name, "mIoU 12.3")
    report.errors = [view]
    report.tiles = report.groups = report.matches = [Panel(name, [view])]
    report.classes, report.legend = ["background", name], [(name, PALETTE[1])]
    report.confusion = {"adapted": np.array([[90.0, 10.0], [np.nan, np.nan]])}
    report.reliability = {
        "source_only": binned([0.0, 0.0, 1.0], ece=0.3),
        "adapted": binned([0.5, 0.7, 0.9], ece=0.0412),
    }
    report.losses = {
        "source_only": {"loss": ([1, 2, 3], [3.0, 2.0, 1.0])},
        "adapted": {"loss": ([1, 2], [3.0, float("nan")]), name: ([1, 2, 3], [0.1, 0.2, 0.1])},
    }
    report.metrics = {"adapted": {"mIoU": ([1, 2], [50.0, 60.0])}}
    points = {d: (np.random.default_rng(0).random((9, 2)), np.arange(9) % 2) for d in DOMAINS}
    report.planes = {"adapted": scatter(points, ["currentColor", "#dc3c32"], name)}
    places = footprints({"train": np.array([[(0, 0), (9, 0), (9, 9), (0, 9)]])}, COLOURS, name)
    report.domains = [Domain(name, {name: name}, {name: {name: 12.5}}, places)]
    values = [0.5, None]
    report.choice = Choice(name, ["nuclear_norm", name], [(name, values, name)], {name: name})
    report.environment = {name: {name: name}}
    report.differences, report.compared = [(name, [name, name])], [name, "adapted"]
    report.parameters = {name: {name: name}, "levels": [1, 2]}
    report.notes, report.missing = [name], {name: name}
    return report


DOMAINS, COLOURS = ("source", "target"), {"train": "#3b82f6"}
