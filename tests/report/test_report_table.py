"""The figures of a summary as rows and as text."""

from __future__ import annotations

import pytest

from mmda.errors import ConfigError
from mmda.report import format_table
from mmda.report.table import run_rows


def test_text_table():
    summary = {
        "task": "roads",
        "seed": 1,
        "nam": 50.04,
        "runs": {
            "target_only": {"miou": 80, "iou": {"road": 70}, "f1": {"road": 82}},
            "source_only": {
                "miou": 40.06,
                "iou": {"road": None},
                "f1": {},
                "train_seconds": 100.04,
            },
            "adapted": {"miou": 60, "iou": {"road": 50.0}, "f1": {"road": 66.0}},
        },
    }
    assert format_table(summary).splitlines() == [
        "roads, seed 1",
        "run          mIoU  mean F1  IoU road  train s",
        "-----------  ----  -------  --------  -------",
        "source only  40.1        –         –    100.0",  # noqa: RUF001
        "adapted      60.0     66.0      50.0        –",  # noqa: RUF001
        "target only  80.0     82.0      70.0        –",  # noqa: RUF001
        "NAM 50.0 %",
    ]


def test_mean_f1_and_gain():
    runs = {
        "source_only": {"miou": 30.0, "f1": {"a": 10.0, "b": 20.0, "c": float("nan")}},
        "mine": {"miou": 25.0},
        "adapted": {"miou": 45.0},
    }
    rows = run_rows({"runs": runs})
    assert [row.name for row in rows] == ["source only", "adapted", "mine"]
    assert [row.gain for row in rows] == [None, 15.0, -5.0]
    assert [row.mean_f1 for row in rows] == [15.0, None, None]
    with pytest.raises(ConfigError, match="no runs"):
        run_rows({"runs": {}})
