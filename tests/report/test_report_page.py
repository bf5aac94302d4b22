"""The report: one file, complete, offline, and right in its figures."""

from __future__ import annotations

import importlib
import re
from types import SimpleNamespace

import numpy as np
import pytest

from mmda.errors import ConfigError
from mmda.report import Panel, Scene, write_report
from mmda.report.page import _scale
from mmda.report.table import run_rows

CLASSES, PALETTE = ["background", "building"], [[0, 0, 0], [220, 60, 50]]


def run(miou, seconds=10.0, f1=50.0):
    return {
        "miou": miou,
        "iou": {"background": miou + 10, "building": miou - 10},
        "f1": {"background": f1, "building": float("nan")},
        "train_seconds": seconds,
    }


@pytest.fixture
def summary():
    runs = {"target_only": run(80.0), "source_only": run(40.0), "adapted": run(64.0, 22.5)}
    return {"task": "buildings", "seed": 3, "runs": runs, "nam": 60.0}


def binned(accuracy, ece):
    counts, confidence = np.array([5, 0, 3]), np.array([0.5, np.nan, 0.9])
    return SimpleNamespace(
        counts=counts, confidence=confidence, accuracy=np.array(accuracy), ece=ece
    )


@pytest.fixture
def parts():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (20, 30, 3), dtype=np.uint8)
    truth = np.zeros((20, 30), dtype=np.uint8)
    truth[:, :15] = 1
    rgba = np.dstack([image, np.full((20, 30), 255, np.uint8)])
    return {
        "title": "A <to> B",
        "curves": {
            "source_only": {"loss": ([1, 2, 3], [3.0, 2.0, 1.0])},
            "adapted": {
                "loss": ([1, 2], [3.0, float("nan")]),
                "adv.loss_adv": ([1, 2, 3], [0.1, 0.2, 0.1]),
            },
        },
        "panels": [Panel("tile_7", image, {"truth": truth, "adapted": 1 - truth})],
        "classes": CLASSES,
        "palette": PALETTE,
        "scene": Scene(rgba, rgba, "scene 1"),
        "reliability": {
            "source_only": binned([0.0, 0.0, 1.0], ece=0.3),
            "adapted": binned([0.5, 0.7, 0.9], ece=0.0412),
        },
        "parameters": {"train": {"iters": 30, "levels": [1, 2]}, "empty": {}},
        "notes": ["A note & more."],
    }


def test_holds_every_part_and_nothing_from_outside(tmp_path, summary, parts):
    page = write_report(tmp_path / "deep" / "r.html", summary=summary, **parts).read_text("utf-8")
    text = re.sub(r"\s+", " ", page)
    for expected in (
        "A &lt;to&gt; B", "Task: buildings", "seed 3", "60.0 <small>% NAM", "64.0 <small>mIoU",
        "+24.0 points", "tile_7", "mIoU 0.0", "scene 1", "train.iters", "<dd>1, 2</dd>",
        "adv.loss_adv", "A note &amp; more.", "22.5", "#dc3c32",
        "source only: calibration error 30.0 %", "adapted: calibration error 4.1 %",
    ):  # fmt: skip
        assert expected in text, expected
    assert page.count("<svg") == 3
    assert page.count("data:image/png;base64,") == 5
    loads = re.findall(r'(?:src|href)="(?!data:|#)([^"]+)"|url\((?!#)|@import|<script|<link', page)
    assert loads == []
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "#010203" not in page


def test_equal_input_gives_equal_bytes(tmp_path, summary, parts):
    pages = [write_report(tmp_path / n, summary=summary, **parts) for n in ("a.html", "b.html")]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_runs_may_be_missing(tmp_path):
    summary = {"runs": {"adapted": run(50.0), "other_run": {"miou": None}}, "nam": None}
    page = write_report(tmp_path / "r.html", title="t", summary=summary).read_text("utf-8")
    assert "other run" in page
    assert "% NAM" not in page
    assert "None" not in page
    assert "nan" not in page
    with pytest.raises(ConfigError, match="no runs"):
        write_report(tmp_path / "n.html", title="t", summary={})


def test_the_axis_holds_every_run(summary):
    scale = _scale(run_rows(summary))
    assert (scale["low"], scale["high"]) == (40, 90)
    assert scale["places"] == {"source_only": 0, "adapted": 48, "target_only": 80}


@pytest.mark.parametrize("library", ["matplotlib", "jinja2"])
def test_a_missing_library_names_the_extra(tmp_path, monkeypatch, summary, parts, library):
    original = importlib.import_module

    def without(name):
        if name.split(".")[0] == library:
            raise ImportError(f"No module named '{name}'")
        return original(name)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ConfigError, match=rf"{library}.*pip install 'mmda-rs\[report\]'"):
        write_report(tmp_path / "r.html", summary=summary, **parts)
    assert not (tmp_path / "r.html").exists()
