"""Reading mmengine's scalars and smoothing them."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from mmda.errors import DataError
from mmda.report import read_scalars
from mmda.report.curves import charts, smoothed


def write(folder, records, ending=""):
    path = folder / "vis_data" / "scalars.json"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in records) + ending)


def test_a_resumed_training_is_merged_and_a_cut_line_passed_over(tmp_path):
    write(
        tmp_path / "20240101_000000",
        [{"loss": 3.0, "decode.loss_ce": 2.0, "lr": 0.1, "iter": i, "step": i} for i in (1, 2, 3)],
        ending='{"loss": 9, "st',
    )
    write(
        tmp_path / "20240102_000000",
        [
            {"loss": 1.0, "decode.loss_ce": 0.5, "step": 3},
            {"mIoU": 50.0, "loss_scale_free": 1.0, "step": 3},
            {"loss": float("nan"), "iter": 4},
        ],
    )
    curves = read_scalars(tmp_path)
    assert curves["decode.loss_ce"] == ([1, 2, 3], [2.0, 2.0, 0.5])
    assert curves["loss"][0] == [1, 2, 3, 4]
    assert curves["loss"][1][:3] == [3.0, 3.0, 1.0]
    assert np.isnan(curves["loss"][1][3])
    assert set(curves) == {"loss", "decode.loss_ce", "loss_scale_free"}
    assert read_scalars(tmp_path, "mIoU") == {"mIoU": ([3], [50.0])}


def test_a_folder_without_logs_is_named(tmp_path):
    with pytest.raises(DataError, match=r"scalars\.json.*" + re.escape(str(tmp_path))):
        read_scalars(tmp_path)


def test_smoothing_keeps_a_line_and_passes_over_nan():
    line = np.linspace(0, 1, 400)
    np.testing.assert_allclose(smoothed(line)[40:-40], line[40:-40], atol=1e-6)
    noisy = line + np.random.default_rng(0).normal(0, 0.1, 400)
    assert np.std(smoothed(noisy) - line) < 0.05
    noisy[100] = np.nan
    assert np.isfinite(smoothed(noisy)).all()
    assert np.isnan(smoothed(np.full(3, np.nan))).all()


def test_one_chart_per_loss_the_sum_first():
    curves = {
        "source_only": {"loss_ce": ([1, 2], [1.0, 2.0]), "loss": ([1, 2], [1.0, 2.0])},
        "adapted": {"loss_adv": ([1], [0.1])},
    }
    drawn = dict(charts(curves))
    assert list(drawn) == ["loss", "loss_ce", "loss_adv"]
    assert "#e07b39" in drawn["loss"]
    assert "#3b82f6" not in drawn["loss"]
    assert "#3b82f6" in drawn["loss_adv"]
