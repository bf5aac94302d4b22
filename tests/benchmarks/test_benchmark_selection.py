"""The analysis of criteria, on groups small enough to count by hand."""

from __future__ import annotations

import csv
import json
import sys

import numpy as np
import pytest
from scripts import BENCHMARKS

import mmda
from mmda.selection import CRITERIA
from mmda.selection.identity import weights_digest

sys.path.insert(0, str(BENCHMARKS))
import selection
import selection_analysis as analysis


def line(task: str, row: str, target: float, value: float, refused: int = 0, **more: object):
    """Return the line of a model all of whose criteria have one value."""
    names = [*CRITERIA, "ensemble", "rank", "source_validation"]
    return {
        **dict(table="t", task=task, row=row, seed=0, iteration=2, checkpoint="iter_2"),
        **dict.fromkeys(names, value),
        **dict(target=target, refused=refused),
        **more,
    }


NAN = float("nan")
LINES = [
    line("a", "source_only", 60.0, 1.0),
    line("a", "source_only", 40.0, 0.5, iteration=1, checkpoint="iter_1"),
    line("a", "adapted", 70.0, 2.0),
    line("a", "harmed", 30.0, 9.0, refused=1),
    line("b", "source_only", 50.0, 1.0),
    line("b", "adapted", 45.0, 3.0),
    line("b", "other", 55.0, 2.0),
]
COMPARED = [  # as `mmda compare` names its rows
    line("", "plain", 40.0, 1.0, table="compare"),
    line("", "strong", 50.0, 2.0, table="compare"),
    line("", "strong", 58.0, 2.5, table="compare", checkpoint="iter_2_adabn"),
    line("", "adabn", 60.0, NAN, table="compare", iteration=1),
    line("", "recipe", 57.0, 3.0, table="compare"),
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
    assert analysis.fixed(groups, ["source_only"]).regret.tolist() == [10, 5]
    assert analysis.fixed(groups, ["recipe", "adapted"]).gain.tolist() == [10, -5]
    assert analysis.fixed(groups, ["other"]).regret.tolist() == [0]  # of the group that has it


def test_the_table_tells_what_was_measured():
    text = list(analysis.analyse(LINES))
    assert "7 checkpoints of 6 trainings in 2 groups" in text[0]
    assert "1 of them are refused" in text[0]
    assert "| entropy | 2 | 0.25 | 5.00 | 10.00 | +2.50 | -5.00 |" in text
    assert "| always source only | 2 |  | 7.50 | 10.00 | +0.00 | +0.00 |" in text
    assert not any(name in row for row in text for name in ("AdaBN", "image level"))


def test_tables_with_other_rows_are_measured_against_their_own_source_only():
    (group,) = analysis.by_group(COMPARED)
    assert group.base == 50  # the trained checkpoint, not what was made from it
    assert analysis.outcome([group], "entropy").gain.tolist() == [7]  # never the model without one
    text = list(analysis.analyse([*LINES, *COMPARED]))
    assert "| entropy | 3 | 0.43 | 4.33 | 10.00 | +4.00 | -5.00 |" in text
    assert "| always the recipe | 3 |  | 4.33 | 10.00 | +4.00 | -5.00 |" in text
    assert "| always AdaBN | 1 |  | 0.00 | 0.00 | +10.00 | +10.00 |" in text


def test_what_has_no_value_or_no_base_is_left_out_of_the_means():
    alone = line("c", "adapted", 80.0, 1.0)  # its source only could not be measured
    unknown = [line("d", row, 10.0, NAN) for row in ("source_only", "adapted")]
    refused = [line("e", "source_only", 20.0, 1.0, refused=1)]
    groups = analysis.by_group([*LINES, alone, *unknown, *refused])
    outcome = analysis.outcome(groups, "entropy")
    assert outcome.regret.tolist() == [0, 10, 0]
    np.testing.assert_array_equal(outcome.gain, [10, -5, NAN])
    text = list(analysis.analyse([*LINES, alone, *unknown, *refused]))
    assert "| entropy | 3 | 0.25 | 3.33 | 10.00 | +2.50 | -5.00 |" in text


def test_choices_stand_beside_the_rows_of_their_table(tmp_path, monkeypatch, capsys):
    table = tmp_path / "t"
    table.mkdir()
    scores = {"a": (60, 70, 80), "b": (50, 45, 52), "c": (40, 41, None)}  # `c` has no bound yet
    rows = ("source_only", "adapted", "target_only")
    runs = [
        f"{row},{task},0,{value}"
        for task, values in scores.items()
        for row, value in zip(rows, values, strict=True)
        if value is not None
    ]
    (table / "runs.csv").write_text("\n".join(["row,task,seed,mIoU", *runs]))
    out = tmp_path / "lines.csv"
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, selection.COLUMNS)
        writer.writeheader()
        writer.writerows([*LINES, line("a", "adapted", 99.0, 99.0, table="another")])
    argv = ["selection.py", "choices", str(table), "--csv", str(out)]
    monkeypatch.setattr(sys, "argv", argv)
    selection.main()
    printed = capsys.readouterr().out
    assert "| a | 60.0 | 70.0 | 80.0 | 70.0 | adapted, iter_2 | +10.0 | 50 |" in printed
    assert "| b | 50.0 | 45.0 | 52.0 | 45.0 | adapted, iter_2 | -5.0 | -250 |" in printed
    assert "| c |" not in printed
    assert "mean +2.5, lowest -5.0, below -1 in 1 of 2 tasks. Mean NAM of the 1 " in printed
    assert "more: 50 %." in printed


def test_a_table_without_a_source_only_row_is_named():
    lines = [{**one, "row": "base"} if one["row"] == "source_only" else one for one in LINES]
    with pytest.raises(ValueError, match=r"`t` has none .* source_only, strong, but adapted, base"):
        list(analysis.analyse(lines))
    assert "| always source only | 2 |" in "\n".join(analysis.analyse(lines, ["base"]))


def test_a_table_is_measured_once_and_read_again(training, tmp_path, monkeypatch):
    for row in ("source_only", "adapted"):
        run = tmp_path / "table" / "runs" / row / "toy" / "seed0"
        (run / "train").mkdir(parents=True)
        for path in training.iterdir():
            if path.suffix in (".pth", ".py"):
                (run / "train" / path.name).symlink_to(path)
        (run / "train" / "iter_60_adabn.pth").symlink_to(training / "iter_60.pth")
        (run / "config.py").symlink_to(training / "config.py")
        (run / "result.json").write_text("{}")
        kept = {"iter_30": 40.0, "iter_60": 50.0 + len(row), "iter_60_adabn": 45.0}
        for name, score in kept.items():
            digest = weights_digest(run / "train" / f"{name}.pth")[:16]
            (run / f"test-{name}-{digest}.json").write_text(json.dumps({"mIoU": score}))
    bound = tmp_path / "table" / "runs" / "target_only" / "toy" / "seed0"
    bound.mkdir(parents=True)  # a folder that could not be measured
    (bound / "result.json").write_text("{}")
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
    assert [(x["table"], x["task"], x["seed"]) for x in lines] == [("table", "toy", 0)] * 6
    found = {(x["row"], x["iteration"], x["checkpoint"]): x["target"] for x in lines}
    assert found[("source_only", 60, "iter_60")] == 61
    assert found[("adapted", 60, "iter_60_adabn")] == 45
    assert found[("adapted", 30, "iter_30")] == 40
    assert all(np.isfinite(x["ensemble"]) and x["refused"] == 0 for x in lines)


def test_two_tables_of_one_name_are_refused(tmp_path):
    with pytest.raises(mmda.ConfigError, match="folders of one name"):
        selection.measure([tmp_path / "a" / "t", tmp_path / "b" / "t"], tmp_path / "o.csv", None)


def test_a_group_of_a_target_without_labels_is_left_out(tmp_path, monkeypatch, capsys):
    run = tmp_path / "table" / "runs" / "strong" / "seed0"
    (run / "train").mkdir(parents=True)
    (run / "result.json").write_text("{}")

    def fails(*_, **__):
        raise mmda.ConfigError("no labels")

    monkeypatch.setattr(mmda, "select", fails)
    assert selection.measure([tmp_path / "table"], tmp_path / "o.csv", mmda.SelectOptions()) == 0
    assert "table seed0 is left out: no labels" in capsys.readouterr().out


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
