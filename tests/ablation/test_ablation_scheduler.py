"""Runs side by side in processes, with a worker that only pretends to train."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from mmengine.config import Config
from mmengine.logging import MMLogger

from mmda.ablation import scheduler, slots
from mmda.ablation.run import Run
from mmda.ablation.slots import Slot, make_slots
from mmda.errors import ConfigError
from mmda.models.alignments import GroupAlignment

# Starts at once, unlike mmengine's Config.
WORKER = """
import json, os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
scope = {}
exec((folder / "config.py").read_text(), scope)
wanted = scope["model"]
with (folder / "started").open("a") as file:
    file.write(f"{time.time()} {os.environ.get('CUDA_VISIBLE_DEVICES')} {os.getpid()}\\n")
print("some output")
print("the last words", flush=True)
time.sleep(wanted["seconds"])
if wanted["fails"]:
    sys.exit(3)
(folder / "result.json").write_text(json.dumps({"scores": {"mIoU": 1.0}}))
"""


@pytest.fixture(autouse=True)
def fake_worker(monkeypatch):
    monkeypatch.setattr(scheduler, "WORKER", (sys.executable, "-c", WORKER))
    monkeypatch.setattr(scheduler, "PERIOD", 0.02)


def make_run(folder: Path, name: str, seconds: float = 0.0, fails: bool = False) -> Run:
    model = dict(seconds=seconds, fails=fails)
    config = Config(dict(model=model, train_cfg=dict(max_iters=5)))
    return Run((name, "", 0), folder / name, config, {"model": str(model)})


def starts(run: Run) -> list[str]:
    path = run.folder / "started"
    return path.read_text().splitlines() if path.exists() else []


def test_all_runs_end_and_are_reported(tmp_path):
    runs = [make_run(tmp_path, name) for name in "abc"]
    reported: list[str] = []
    assert scheduler.run_all(runs, [Slot(None, 1)] * 2, lambda run: reported.append(run.name)) == []
    assert sorted(reported) == ["a/seed0", "b/seed0", "c/seed0"]
    assert all(run.result() == {"mIoU": 1.0} for run in runs)


def test_no_more_run_at_a_time_than_there_are_slots(tmp_path):
    runs = [make_run(tmp_path, name, seconds=0.3) for name in "abcd"]
    scheduler.run_all(runs, [Slot("3", 1), Slot("7", 1)], lambda run: None)
    begun = sorted(float(starts(run)[0].split()[0]) for run in runs)
    assert begun[2] - begun[0] > 0.3
    assert {starts(run)[0].split()[1] for run in runs} == {"3", "7"}


def test_finished_runs_are_not_repeated(tmp_path):
    run = make_run(tmp_path, "a")
    for _ in range(2):
        assert scheduler.run_all([run], [Slot(None, 1)], lambda run: None) == []
    assert len(starts(run)) == 1


def test_runs_begin_when_the_one_they_start_from_has_ended(tmp_path):
    first, other = make_run(tmp_path, "first", seconds=0.3), make_run(tmp_path, "other")
    second = replace(make_run(tmp_path, "second"), start_from=first)
    runs = [first, second, other]
    assert scheduler.run_all(runs, [Slot(None, 1)] * 2, lambda run: None) == []
    begun = {run.key[0]: float(starts(run)[0].split()[0]) for run in runs}
    assert begun["second"] - begun["first"] > 0.3
    assert begun["other"] < begun["second"], "a slot stood empty while a run waited"


def test_runs_wait_for_the_translation_of_their_source(tmp_path):
    first, second = make_run(tmp_path, "first", seconds=0.3), make_run(tmp_path, "second")
    second = replace(second, translated_by=first)
    assert scheduler.run_all([first, second], [Slot(None, 1)] * 2, lambda run: None) == []
    begun = [float(starts(run)[0].split()[0]) for run in (first, second)]
    assert begun[1] - begun[0] > 0.3
    bad = make_run(tmp_path, "bad", fails=True)
    child = replace(make_run(tmp_path, "child"), translated_by=bad)
    assert scheduler.run_all([bad, child], [Slot(None, 1)], lambda run: None) == [bad, child]


def test_runs_that_start_from_a_failed_one_are_left_out(tmp_path, capsys):
    bad, good = make_run(tmp_path, "bad", fails=True), make_run(tmp_path, "good")
    child = replace(make_run(tmp_path, "child"), start_from=bad)
    grandchild = replace(make_run(tmp_path, "grandchild"), start_from=child)
    failed = scheduler.run_all([bad, child, grandchild, good], [Slot(None, 1)], lambda run: None)
    assert failed == [bad, child, grandchild]
    assert starts(child) == starts(grandchild) == []
    assert good.result() is not None
    assert "child/seed0 is left out: it builds on bad/seed0." in capsys.readouterr().err


def test_a_failing_run_is_reported_and_the_others_go_on(tmp_path, capsys):
    runs = [make_run(tmp_path, "bad", fails=True), make_run(tmp_path, "good")]
    reported: list[str] = []
    failed = scheduler.run_all(runs, [Slot(None, 1)], lambda run: reported.append(run.name))
    assert failed == runs[:1]
    assert reported == ["good/seed0"]
    message = capsys.readouterr().err
    assert "bad/seed0 failed with exit code 3" in message
    assert "the last words" in message
    assert runs[0].result() is None


def test_a_run_that_failed_is_tried_again(tmp_path):
    bad = make_run(tmp_path, "a", fails=True)
    assert scheduler.run_all([bad], [Slot(None, 1)], lambda run: None) == [bad]
    good = Run(bad.key, bad.folder, make_run(tmp_path, "b").config, bad.settings)
    assert scheduler.run_all([good], [Slot(None, 1)], lambda run: None) == []
    assert len(starts(bad)) == 2


def test_an_interrupt_ends_the_processes(tmp_path):
    # A shell starts what runs in its background with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        interrupt_two_runs(tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)


def interrupt_two_runs(tmp_path):
    runs = [make_run(tmp_path, name, seconds=300) for name in "ab"]

    def interrupt() -> None:
        while not all(starts(run) for run in runs):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    begin = time.time()
    with pytest.raises(KeyboardInterrupt):
        scheduler.run_all(runs, [Slot(None, 1)] * 2, lambda run: None)
    assert time.time() - begin < 200
    assert not any(psutil.pid_exists(int(starts(run)[0].split()[2])) for run in runs)


def test_slots_on_gpus(monkeypatch):
    monkeypatch.setattr(slots, "visible_gpus", lambda: ["2", "5"])
    assert [slot.gpu for slot in make_slots(None, None)] == ["2", "5"]
    assert [slot.gpu for slot in make_slots(3, None)] == ["2", "5", "2"]
    assert [slot.gpu for slot in make_slots(None, 1)] == ["2"]
    assert [slot.gpu for slot in make_slots(2, 0)] == ["", ""]
    with pytest.raises(ConfigError, match="shows 2 GPUs"):
        make_slots(None, 3)


def test_slots_on_the_cpu(monkeypatch):
    monkeypatch.setattr(slots, "visible_gpus", list)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert make_slots(None, None) == [Slot(None, None)]
    assert make_slots(2, None) == [Slot(None, 3)] * 2
    assert make_slots(9, None)[0].environment()["OMP_NUM_THREADS"] == "1"
    with pytest.raises(ConfigError, match="at least 1"):
        make_slots(0, None)


def test_visible_gpus_keep_their_names(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    assert slots.visible_gpus() == ["4", "6"]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert slots.visible_gpus() == ["0", "1"]


def test_warnings_about_a_model_reach_a_runs_log(capsys):
    assert Slot(None, 1).environment()["PYTHONWARNINGS"] == "ignore"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        MMLogger.get_instance("test_warnings_about_a_model")
        GroupAlignment(num_classes=2, num_groups=4)
    assert "WARNING - GroupAlignment: 4 groups for 2 classes" in "".join(capsys.readouterr())
