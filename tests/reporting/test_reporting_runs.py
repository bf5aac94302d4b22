"""Runs in work dirs of all kinds, their roles and their rows."""

from __future__ import annotations

import json
import math

import pytest
from core_samples import SOURCE_ONLY

from mmda.errors import ConfigError
from mmda.reporting import ReportOptions
from mmda.reporting.roles import find_roles
from mmda.reporting.runs import FoundRun, find_runs, table_of
from mmda.reporting.scores import losses_and_scores, mean_nam, score_rows

OPTIONS = ReportOptions()


def log_training(folder, records=({"loss": 1.0, "time": 0.5, "step": 10},)):
    path = folder / "20240101_000000" / "vis_data" / "scalars.json"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def table(root, rows, seeds=(0, 1), score=50.0):
    for number, row in enumerate(rows):
        for seed in seeds:
            folder = root / "runs" / row / f"seed{seed}"
            log_training(folder / "train")
            (folder / "train" / "iter_6.pth").touch()
            (folder / "run.json").write_text("{}")
            scores = {"mIoU": score + 10 * number + seed, "mF1": 1.0, "IoU/a": None, "IoU/b": 7.0}
            (folder / "result.json").write_text(json.dumps({"scores": scores}))
    return root


def run(name, tmp_path, config=None, **more):
    return FoundRun(name, tmp_path / name, config, None, **more)


def test_a_table_has_rows_and_seeds(tmp_path):
    folder = table(tmp_path / "demo" / "inside", ["source_only", "adapted"])
    assert table_of(tmp_path / "demo") == folder
    found = find_runs([folder])
    assert [(one.name, one.seed) for one in found] == [
        ("adapted", 0), ("adapted", 1), ("source_only", 0), ("source_only", 1),
    ]  # fmt: skip
    assert found[0].scores == {"mIoU": 60.0, "mF1": 1.0, "IoU/b": 7.0}
    assert found[0].checkpoint == folder / "runs/adapted/seed0/train/iter_6.pth"
    table(tmp_path / "demo" / "second", ["adapted"])
    with pytest.raises(ConfigError, match=r"holds 2 tables: `.*inside`, `.*second`"):
        table_of(tmp_path / "demo")


def test_a_test_elsewhere_belongs_to_its_training(tmp_path):
    trained, tested = tmp_path / "trained", tmp_path / "tested"
    log_training(trained)
    (trained / "config.py").write_text("a = 1\n")
    (trained / "iter_6.pth").touch()
    (tested / "7" / "vis_data").mkdir(parents=True)
    text = f"load_from = {str(trained / 'iter_6.pth')!r}\n"
    (tested / "7" / "vis_data" / "config.py").write_text(text)
    (tested / "7" / "7.json").write_text(json.dumps({"mIoU": 44.0, "bad": math.nan}))
    (one,) = find_runs([trained, tested])
    assert (one.name, one.scores) == ("trained", {"mIoU": 44.0})
    assert one.place == trained / "config.py"
    (alone,) = find_runs([tested])
    assert (alone.name, alone.checkpoint) == ("tested", trained / "iter_6.pth")


def test_a_folder_without_runs(tmp_path):
    with pytest.raises(ConfigError, match="none` does not exist"):
        find_runs([tmp_path / "none"])
    with pytest.raises(ConfigError, match="holds no training"):
        find_runs([tmp_path])


def test_roles_are_told_by_names_options_and_configs(tmp_path, write_config, toy_root):
    named = [run(name, tmp_path) for name in ("x", "target_only", "adapted", "source_only")]
    roles = find_roles(named, [], OPTIONS, None)
    assert roles == {name: name for name in ("source_only", "adapted", "target_only")}
    chosen = find_roles(named, [], ReportOptions(adapted="x"), None)
    assert chosen["adapted"] == "x"
    with pytest.raises(ConfigError, match=r"--source-only sorce_only.*Did you mean"):
        find_roles(named, [], ReportOptions(source_only="sorce_only"), None)
    target = f'train_dataloader["dataset"]["source"]["data_root"] = "{toy_root}/buildings/target"'
    texts = {"a": "", "b": SOURCE_ONLY, "c": f"{SOURCE_ONLY}\n{target}\n"}
    by_config = [
        run(name, tmp_path, write_config(text, name=f"{name}.py")) for name, text in texts.items()
    ]
    roles = find_roles(by_config, [], OPTIONS, None)
    assert roles == {"source_only": "b", "adapted": "a", "target_only": "c"}
    assert find_roles([run("only", tmp_path)], [], OPTIONS, None) == {}


def test_rows_are_means_over_seeds(tmp_path):
    found = find_runs([table(tmp_path, ["source_only", "adapted", "target_only", "other"])])
    roles = {name: name for name in ("source_only", "adapted", "target_only")}
    rows = score_rows(found, roles, {"other": "another one"})
    assert [(row.key, row.name) for row in rows][:2] == [
        ("source_only", "source only"), ("adapted", "adapted"),
    ]  # fmt: skip
    assert rows[3].name == "another one"
    assert [row.miou for row in rows] == [50.5, 60.5, 70.5, 80.5]
    assert [row.gain for row in rows] == [None, 10, 20, 30]
    assert (rows[0].seeds, rows[0].deviation, rows[0].seconds) == (2, 0.5, 5.0)
    assert rows[0].iou == {"b": 7.0}
    assert mean_nam(found, roles) == pytest.approx(50)
    assert mean_nam(found, {"adapted": "adapted"}) is None


def test_curves_are_losses_or_scores():
    curve, dot = ([1, 2], [1.0, 2.0]), ([1], [1.0])
    given = {
        "loss": curve, "a.loss_adv": curve, "lr": curve, "mIoU": curve, "mF1": dot,
        "a.acc_dis": curve, "selection/rank": curve, "b.loss_x": dot,
    }  # fmt: skip
    losses, scores = losses_and_scores(given)
    assert list(losses) == ["loss", "a.loss_adv"]
    assert list(scores) == ["mIoU", "a.acc_dis", "selection/rank"]
