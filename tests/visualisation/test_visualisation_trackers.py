"""Curves and pictures in TensorBoard and elsewhere, which the training does not feel."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from core_samples import ADAPTED, TRAINING
from engine_runs import differences, read
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import mmda
from mmda.cli import main
from mmda.engine.launch import load_config
from mmda.engine.trackers import add_trackers
from mmda.errors import ConfigError
from mmda.visualisation.pictures_hook import TargetPicturesHook

SHORT = f"{ADAPTED}\ntrain_cfg['max_iters'], train_cfg['val_interval'] = 4, 2\n"


@pytest.fixture(scope="module")
def runs(toy_root, tmp_path_factory):
    """Work dirs of two runs: with TensorBoard and without."""
    folder = tmp_path_factory.mktemp("trackers")
    config = folder / "config.py"
    config.write_text(TRAINING + SHORT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        arguments = ["--log", "tensorboard", "--pictures", "2", "--work-dir", str(folder / "with")]
        assert main(["train", str(config), *arguments]) == 0
        mmda.train(config, work_dir=folder / "without")
    return folder


@pytest.fixture(scope="module")
def shown(runs):
    (folder,) = {file.parent for file in (runs / "with").rglob("events.out.tfevents*")}
    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def test_training_is_the_same_with_and_without(runs):
    for iteration in (1, 4):
        assert not differences(read(runs / "with", iteration), read(runs / "without", iteration))
    assert not list((runs / "without").rglob("events.out.tfevents*"))


def test_losses_and_the_discriminators_accuracy_are_shown(shown):
    names = shown.Tags()["scalars"]
    assert {"loss", "mIoU", "adversarial.decode.loss_dis"} <= set(names)
    rights = [one.value for one in shown.Scalars("adversarial.decode.acc_dis")]
    assert len(rights) == 4
    assert all(0 <= value <= 100 for value in rights)


def test_pictures_are_shown_each_interval(shown):
    for name in ("source.0", "source.1", "target.0", "target.1"):
        found = shown.Images(name)
        assert [one.step for one in found] == [2, 4]
        assert found[0].width == 3 * found[0].height  # image, truth, prediction


def test_other_trackers_are_a_name_away(write_config, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", ModuleType("wandb"))
    config = load_config(write_config())
    add_trackers(config, ["wandb", "tensorboard"])
    kinds = [one["type"] for one in config.visualizer.vis_backends]
    assert kinds == ["LocalVisBackend", "WandbVisBackend", "TensorboardVisBackend"]
    assert config.default_hooks.pictures == {"type": "TargetPicturesHook", "interval": 1}
    add_trackers(config, ["wandb"])
    assert len(config.visualizer.vis_backends) == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--log", "tensorbord"], "--log tensorbord: expected one of"),
        (["--log", "mlflow"], "pip install mlflow"),
        (["--pictures", "5"], "--pictures needs --log"),
        (["--log", "tensorboard", "--pictures", "0"], "`interval` and `images` must be 1 or more"),
    ],
)
def test_faults_are_told_before_the_training(write_config, capsys, monkeypatch, given, message):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert main(["train", write_config(), *given]) == 2
    assert message in capsys.readouterr().err


def test_a_run_without_pictures_says_so(write_config, tmp_path):
    text = f"{SHORT}\nval_dataloader = val_evaluator = val_cfg = None\nlog_level = 'INFO'\n"
    work = tmp_path / "work"
    mmda.train(write_config(text), work_dir=work, log=["tensorboard"])
    (log,) = work.glob("*/*.log")
    assert "TargetPicturesHook shows no pictures" in log.read_text()


def test_a_single_line_names_the_best_checkpoint(write_config):
    chosen = load_config(write_config(), {"default_hooks.selection.type": "SelectionHook"})
    assert chosen.default_hooks.selection == {"type": "SelectionHook"}


def test_settings_are_checked():
    with pytest.raises(ConfigError, match="must be 1 or more, got 0 and 2"):
        TargetPicturesHook(interval=0)
