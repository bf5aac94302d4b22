"""Names in a report or picture are text, whatever they hold."""

from __future__ import annotations

import numpy as np
import pytest
from html_elements import NAMES, check_page
from raster_samples import make_scenes, tile

from mmda.report import Panel, Scene, write_report
from mmda.report.preview import write_preview


def report(path, name):
    image = np.zeros((20, 30, 3), np.uint8)
    rgba = np.dstack([image, np.full((20, 30), 255, np.uint8)])
    truth = np.tile(np.array([0, 1], np.uint8), (20, 15))
    scores = {"miou": 50.0, "iou": {name: 1.0}, "f1": {name: 1.0}, "train_seconds": 1.0}
    return write_report(
        path,
        title=name,
        summary={"task": name, "seed": 1, "runs": {"source_only": scores, name: scores}},
        curves={name: {name: ([1, 2], [1.0, 2.0])}},
        panels=[Panel(name, image, {"truth": truth, name: truth})],
        classes=["background", name],
        palette=[[0, 0, 0], [255, 0, 0]],
        scene=Scene(rgba, rgba, name),
        parameters={name: {name: name}},
        notes=[name],
    ).read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_report(tmp_path, name):
    check_page(report(tmp_path / "r.html", name), report(tmp_path / "p.html", "plain"), name)


def test_the_preview(tmp_path):
    names = (*NAMES, "$x", r"$\frac$", "100 % \\ _x")
    tile(make_scenes(tmp_path, count=3), tmp_path / "o", classes=names)
    assert write_preview(tmp_path / "o").stat().st_size > 0
