"""`mmda ablation` as a user types it, on tiny domains."""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import core_samples
import pytest
import torch
from forked_workers import FORKS, ForkedWorker

from mmda.ablation import cities, data, read_table, scheduler
from mmda.cli import main as mmda
from mmda.toy.shift import make_shift
from mmda.utils.locks import locked

TABLE = """
title = "A trial"
seeds = [0, 1]
columns = ["mIoU", "IoU/building", dict(metric="mIoU", minus="source_only")]
overrides = {"train_cfg.max_iters": 3, "train_cfg.val_interval": 3}
rows = [
    dict(name="source_only", config="source_only.py", published=[50.0, None, None]),
    dict(name="adapted", config="adapted.py"),
]
"""


@pytest.fixture
def run(write_config, tmp_path, monkeypatch):
    """Return a function that runs the table with the arguments that it is given."""
    write_config(core_samples.SOURCE_ONLY, name="source_only.py")
    write_config(core_samples.ADAPTED, name="adapted.py")
    (tmp_path / "table.py").write_text(TABLE)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> int:
        return mmda(["ablation", "table.py", "--work-dir", "out", *arguments])

    return run


def scores(row: str, seed: int, out: str = "out") -> dict:
    return json.loads(Path(out, "runs", row, f"seed{seed}", "result.json").read_text())["scores"]


def pretend(monkeypatch, code: str) -> None:
    """Replace the worker by a line of Python; `folder` is the run's folder."""
    start = "import json, pathlib, sys; folder = pathlib.Path(sys.argv[1]); "
    monkeypatch.setattr(scheduler, "WORKER", (sys.executable, "-c", start + code))
    monkeypatch.setattr(scheduler, "PERIOD", 0.02)


SUCCEED = '(folder / "result.json").write_text(json.dumps({"scores": {"mIoU": 60.0}}))'


@pytest.mark.slow
def test_two_rows_and_one_killed_worker(run, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(scheduler, "subprocess", FORKS)
    adapted = 'config="adapted.py"'
    assert adapted in TABLE
    table = TABLE.replace(adapted, f'{adapted}, start_from="source_only"')
    (tmp_path / "table.py").write_text(table)
    checkpoint = Path("out/runs/adapted/seed0/train/iter_1.pth")

    def kill_worker() -> None:
        while not checkpoint.exists():
            time.sleep(0.005)
        os.kill(ForkedWorker.started[-1].pid, signal.SIGKILL)

    threading.Thread(target=kill_worker, daemon=True).start()
    assert run("--seeds", "0", "--rows", "adapted") == 1
    text = capsys.readouterr()
    assert "adapted/seed0 failed with exit code -9" in text.err
    assert "1 of 2 runs failed: adapted/seed0" in text.out
    assert not Path("out/runs/adapted/seed0/result.json").exists()
    written = checkpoint.stat().st_mtime_ns

    assert run("--seeds", "0") == 0
    assert checkpoint.stat().st_mtime_ns == written, "iteration 1 was trained again"
    assert "A trial" in capsys.readouterr().out
    check_started_from(Path("out/runs/source_only/seed0/train/iter_3.pth"), checkpoint)
    resumed = scores("adapted", 0)

    config = "out/runs/adapted/seed0/config.py"  # what a user may train as well
    assert mmda(["train", config, "--work-dir", "again"]) == 0
    assert mmda(["test", config, "again/iter_3.pth", "--out", "again.json"]) == 0
    assert json.loads(Path("again.json").read_text()) == resumed

    lines = csv.DictReader(Path("out/table.csv").read_text().splitlines())
    rows = {(r["row"], r["metric"], r["minus"]): r for r in lines}
    assert float(rows["adapted", "mIoU", ""]["mean"]) == pytest.approx(resumed["mIoU"], abs=1e-3)
    gain = resumed["mIoU"] - scores("source_only", 0)["mIoU"]
    assert float(rows["adapted", "mIoU", "source_only"]["mean"]) == pytest.approx(gain, abs=1e-3)
    assert rows["source_only", "mIoU", ""]["published"] == "50"


def check_started_from(start: Path, first: Path) -> None:
    """One iteration of AdamW moves no weight much further than the learning rate, 1e-3."""
    before, after = (torch.load(path, weights_only=False)["state_dict"] for path in (start, first))
    trained = {key: value for key, value in before.items() if key.startswith("segmentor.")}
    assert len(trained) > 4
    for key, value in trained.items():
        torch.testing.assert_close(after[key], value, atol=1.1e-3, rtol=0)


def test_a_worker_that_meets_a_faulty_config(run, capsys, tmp_path):
    part = 'model["segmentor"]["decode_head"]["num_classes"] = 3\n'
    (tmp_path / "adapted.py").write_text((tmp_path / "adapted.py").read_text() + part)
    assert run("--seeds", "0", "--rows", "adapted") == 1
    message = capsys.readouterr().err
    assert "adapted/seed0 failed with exit code 2" in message
    assert "has 2 classes" in message and "num_classes=3" in message
    assert "error: " in message and "Traceback" not in message


def test_states_of_runs(run, capsys, monkeypatch):
    pretend(monkeypatch, SUCCEED)
    assert run("--rows", "adapted", "--seeds", "1") == 0
    capsys.readouterr()
    assert run("--dry-run") == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["source_only/seed0", "to do, 3 iterations"],
        ["adapted/seed0", "to do, 3 iterations"],
        ["source_only/seed1", "to do, 3 iterations"],
        ["adapted/seed1", "finished"],
    ]


def test_tasks_are_run_on_demand(run, capsys, monkeypatch, tmp_path):
    pretend(monkeypatch, SUCCEED)
    tasks = 'tasks = [dict(name="x"), dict(name="y")]\nrows = ['
    (tmp_path / "table.py").write_text(
        TABLE.replace("rows = [", tasks).replace("[50.0, None, None]", "None")
    )
    assert run("--tasks", "y", "--rows", "adapted") == 0
    assert [path.parts[-4:-1] for path in sorted(tmp_path.glob("out/runs/**/result.json"))] == [
        ("adapted", "y", "seed0"),
        ("adapted", "y", "seed1"),
    ]
    assert run("--tasks", "z") == 2
    assert "--tasks z: no such task." in capsys.readouterr().err


def test_a_failed_run_leaves_a_partial_table(run, monkeypatch):
    pretend(monkeypatch, f"'adapted' in str(folder) and sys.exit(5); {SUCCEED}")
    assert run("--jobs", "2") == 1
    table = Path("out/table.md").read_text()
    assert "| 60.0 ± 0.0 |" in table
    assert "2 of 4 runs are finished." in table


def test_a_changed_row_is_refused_left_out_and_overwritten(run, monkeypatch, capsys):
    pretend(monkeypatch, SUCCEED)
    assert run() == 0
    changed = TABLE.replace('"adapted.py"', '"adapted.py", overrides={"model.teacher.momentum": 0}')
    Path("table.py").write_text(changed)
    assert run() == 2
    message = capsys.readouterr().err
    assert "adapted/seed0, adapted/seed1" in message
    assert "model.teacher.momentum: 0.9 -> 0" in message
    assert "--overwrite" in message
    assert run("--rows", "source_only") == 0, "the others can be run all the same"
    assert run("--render-only") == 0
    remark = "Left out, as made with other settings: adapted/seed0, adapted/seed1."
    assert remark in Path("out/table.md").read_text()
    kept = Path("out/runs/source_only/seed0/result.json").stat().st_mtime_ns
    leftovers = [Path("out/runs", row, "seed0/old") for row in ("source_only", "adapted")]
    for path in leftovers:
        path.touch()
    assert run("--overwrite") == 0
    assert [path.exists() for path in leftovers] == [True, False]
    assert Path("out/runs/source_only/seed0/result.json").stat().st_mtime_ns == kept
    assert remark not in Path("out/table.md").read_text()


def test_options_reach_every_config(run, monkeypatch):
    pretend(monkeypatch, SUCCEED)
    assert run("--cfg-options", "train_dataloader.batch_size=1", "--seeds", "0") == 0
    for row in ("source_only", "adapted"):
        text = Path("out/runs", row, "seed0", "config.py").read_text()
        assert "batch_size=1," in text.split("train_dataloader")[1]


def test_an_unknown_row(run, capsys):
    assert run("--rows", "adopted") == 2
    assert "Did you mean `adapted`?" in capsys.readouterr().err
    assert not Path("out").exists()


def test_two_commands_in_one_folder(run, capsys):
    with locked(Path("out/.lock")):
        assert run() == 2
    assert "`out` is taken: another run" in capsys.readouterr().err


def test_each_seed_has_cities_of_its_own(tmp_path, monkeypatch):
    made: list[tuple] = []
    monkeypatch.setattr(data, "prepare_data", lambda *arguments: made.append(arguments))
    (tmp_path / "config.py").touch()
    path = tmp_path / "table.py"
    path.write_text(
        TABLE.replace("source_only.py", "config.py").replace("adapted.py", "config.py")
        + "toy = dict(task='roads', shift='mild', values=dict(haze=0.3))"
    )
    table = read_table(path)
    data.make_data(table, (0, 4), tmp_path)
    shift = make_shift("mild", {"haze": 0.3})
    roots = [tmp_path / cities.city_folder(seed, shift) for seed in (0, 4)]
    assert made == [(roots[0], "roads", shift, 0), (roots[1], "roads", shift, 4)]
    folders = data.data_folders(table, (0, 4), tmp_path)
    assert folders == {("", 0): roots[0] / "roads", ("", 4): roots[1] / "roads"}
