"""Checkpoints are measured while they are trained; the training stays the same."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from core_samples import ADAPTED
from engine_runs import differences, read, train

from mmda.cli import main
from mmda.engine.launch import load_config
from mmda.selection import SelectOptions, cache
from mmda.selection.hook import SelectionHook
from mmda.selection.statistics import Statistics

HOOK = """
default_hooks["selection"] = dict(type="SelectionHook", tiles=2, pixels=200)
default_hooks["checkpoint"]["interval"] = 3
log_level = "INFO"
"""


def test_the_best_checkpoint_is_named_and_the_training_is_the_same(
    write_config, tmp_path, monkeypatch, capsys
):
    trained = tmp_path / "work"
    trained.mkdir()
    (trained / "iter_2.pth").write_bytes(b"of an earlier run")
    train(write_config(ADAPTED + HOOK), trained)
    (trained / "iter_2.pth").unlink()
    (log,) = trained.glob("*/*.log")
    lines = [line for line in log.read_text().splitlines() if "without target labels" in line]
    assert len(lines) == 2
    assert ["iteration 3: " in lines[0], "iteration 6: " in lines[1]] == [True, True]
    choice = json.loads((trained / "selection.json").read_text())
    assert choice["why"] in log.read_text()
    assert {model["name"] for model in choice["models"]} == {"iter_3", "iter_6"}
    # What the hook has measured is what the command would.
    options = ["--tiles", "2", "--pixels", "200", "--out", str(tmp_path / "again.json")]
    with monkeypatch.context() as patch:
        patch.setattr(cache, "load_trained", lambda *_: pytest.fail("a checkpoint is loaded"))
        assert main(["select", str(trained), *options]) == 0
    assert "is chosen" in capsys.readouterr().out
    assert len(list((trained / "selection").iterdir())) == 2
    plain = HOOK.splitlines()[2]
    train(write_config(ADAPTED + plain, name="plain.py"), tmp_path / "plain")
    assert not differences(read(trained, 6), read(tmp_path / "plain", 6))


def test_hook_and_command_measure_alike_by_default():
    assert SelectionHook().options == SelectOptions(progress=False)


def test_a_checkpoint_tells_whether_its_statistics_are_the_target_s(training, tmp_path):
    """By what `mmda adapt-bn` and the hook of the same record in it."""
    work = shutil.copytree(training, tmp_path / "work")
    content = torch.load(work / "iter_30.pth", weights_only=False)
    content["meta"]["adapted_batch_norm"] = {"blend": 0.0}
    torch.save(content, work / "iter_30.pth")
    config = load_config(work / "config.py")
    measurer = cache.Measurer(None, SelectOptions(tiles=1, pixels=100), "cpu")
    files = [measurer.measure(work / f"iter_{n}.pth", config) for n in (30, 60)]
    assert [Statistics.load(file).adapted for file in files] == [True, False]


def test_training_on_the_targets_labels_is_not_measured(write_config, tmp_path, toy_root):
    text = f"""
train_dataloader["dataset"]["target"] = None
train_dataloader["dataset"]["source"]["data_root"] = "{toy_root}/buildings/target"
"""
    train(write_config(HOOK + text), tmp_path / "work")
    assert not (tmp_path / "work" / "selection.json").exists()
    assert not (tmp_path / "work" / "selection").exists()
