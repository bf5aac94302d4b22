"""The analysis of criteria, on groups small enough to count by hand."""

from __future__ import annotations

import csv
import json
import sys

import numpy as np
import pytest
from scripts import BENCHMARKS

from mmda.selection import CRITERIA

sys.path.insert(0, str(BENCHMARKS))
import selection
import selection_analysis as analysis


def line(task: str, row: str, target: float, value: float, refused: int = 0, iteration: int = 2):
    """Return the line of a model all of whose criteria have one value."""
    names = [*CRITERIA, "ensemble", "rank", "source_validation"]
    return {
        **dict(table="t", task=task, row=row, seed=0, iteration=iteration),
        **dict.fromkeys(names, value),
        **dict(target=target, refused=refused),
    }


LINES = [
    line("a", "source_only", 60.0, 1.0),
    line("a", "source_only", 40.0, 0.5, iteration=1),
    line("a", "adapted", 70.0, 2.0),
    line("a", "harmed", 30.0, 9.0, refused=1),
    line("b", "source_only", 50.0, 1.0),
    line("b", "adapted", 45.0, 3.0),
    line("b", "other", 55.0, 2.0),
]


def test_regret_gain_and_correlation_of_a_criterion():
    outcome = analysis.outcome(analysis.by_group(LINES), "entropy")
    np.testing.assert_allclose(outcome.regret, [0, 10])
    np.testing.assert_allclose(outcome.gain, [10, -5])
    np.testing.assert_allclose(outcome.correlation, [1, -0.5])


def test_the_rank_combination_is_computed_with_the_weights_asked_for():
    lines = [{**one, "entropy": -one["density"]} for one in LINES]
    groups = analysis.by_group(lines)
    assert analysis.outcome(groups, "rank", {"entropy": 1.0}).regret.tolist() == [30, 5]
    weights = {"entropy": 1.0, "density": 3.0}
    assert analysis.outcome(groups, "rank", weights).regret.tolist() == [0, 10]


def test_always_taking_one_row():
    groups = analysis.by_group(LINES)
    assert analysis.fixed(groups, "source_only").regret.tolist() == [10, 5]
    assert analysis.fixed(groups, "adapted").gain.tolist() == [10, -5]


def test_the_table_tells_what_was_measured():
    text = list(analysis.analyse(LINES))
    assert "7 checkpoints of 6 trainings in 2 groups" in text[0]
    assert "1 of them are refused" in text[0]
    assert "| entropy | 0.25 | 5.00 | 10.00 | +2.50 | -5.00 |" in text
    assert "| always source only |  | 7.50 | 10.00 | +0.00 | +0.00 |" in text


def test_a_table_is_measured_once_and_read_again(training, tmp_path, monkeypatch):
    for row in ("source_only", "adapted"):
        run = tmp_path / "table" / "runs" / row / "toy" / "seed0"
        (run / "train").mkdir(parents=True)
        for path in training.iterdir():
            if path.suffix in (".pth", ".py"):
                (run / "train" / path.name).symlink_to(path)
        (run / "config.py").symlink_to(training / "config.py")
        (run / "result.json").write_text("{}")
        kept = {"iter_30": 40.0, "iter_60": 50.0 + len(row)}
        for name, score in kept.items():
            (run / f"test-{name}.json").write_text(json.dumps({"mIoU": score}))
    unfinished = tmp_path / "table" / "runs" / "adapted" / "other" / "seed0"
    unfinished.mkdir(parents=True)
    (unfinished / "result.json").write_text("{}")
    out = tmp_path / "lines.csv"
    argv = ["selection.py", "measure", str(tmp_path / "table"), "--csv", str(out)]
    monkeypatch.setattr(sys, "argv", argv)
    selection.main()
    with out.open() as file:
        assert next(csv.reader(file)) == list(selection.COLUMNS)
    lines = analysis.read(out)
    assert [(x["table"], x["task"], x["seed"]) for x in lines] == [("table", "toy", 0)] * 4
    found = {(x["row"], x["iteration"]): x["target"] for x in lines}
    assert found[("source_only", 60)] == 61
    assert found[("adapted", 30)] == 40
    assert all(np.isfinite(x["ensemble"]) and x["refused"] == 0 for x in lines)


@pytest.fixture
def training(toy_root, tmp_path_factory):
    """A folder as a training leaves it: two checkpoints and their config."""
    from api_samples import LEARNS_QUICKLY
    from engine_runs import train

    folder = tmp_path_factory.mktemp("training")
    config = folder / "config.py"
    config.write_text(LEARNS_QUICKLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        train(str(config), folder / "work", {"default_hooks.checkpoint.interval": 30})
    return folder / "work"
