"""Checkpoints that do not fit, refused with one line; and finding the newest."""

from __future__ import annotations

import shutil

import pytest
import torch
from core_samples import ADAPTED, SOURCE_ONLY
from model_samples import build, segmentor_config

from mmda.cli import main
from mmda.engine.checkpoint import (
    check_fits,
    checkpoint_bytes,
    latest_checkpoint,
    load_weights,
    read_checkpoint,
)
from mmda.engine.launch import build_runner, load_config, prepare
from mmda.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], None),
        (["iter_9.pth", "iter_10.pth", "iter_2.pth"], "iter_10.pth"),
        (["iter_9.pth", ".iter_11.tmp-3.pth", "best_iter_12.pth", "iter_x.pth"], "iter_9.pth"),
        (["iter_9.pth.tmp", "last_checkpoint"], None),
    ],
)
def test_the_newest(tmp_path, names, expected):
    for name in names:
        (tmp_path / name).touch()
    newest = latest_checkpoint(tmp_path)
    assert (newest and newest.name) == expected


def test_the_newest_of_a_missing_folder(tmp_path):
    assert latest_checkpoint(tmp_path / "gone") is None


def save(path, model=None) -> str:
    torch.save({"state_dict": (model or build()).state_dict()}, path)
    return str(path)


@pytest.mark.parametrize("damage", ["half", "empty", "text", "number"])
def test_damaged(tmp_path, damage):
    path = tmp_path / "c.pth"
    save(path)
    if damage == "number":
        torch.save(3, path)
    else:
        whole = path.read_bytes()
        path.write_bytes({"half": whole[: len(whole) // 2], "empty": b"", "text": b"hello"}[damage])
    with pytest.raises(ConfigError, match=r"c\.pth` cannot be read.*use an earlier one"):
        read_checkpoint(path)


def test_missing(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.pth` does not exist"):
        read_checkpoint(tmp_path / "gone.pth")


@pytest.mark.parametrize("plain", [False, True], ids=["mmda", "mmseg"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(decode_head=dict(num_classes=7)), "trained with 7 classes, the config has 3"),
        (dict(backbone=dict(depth=34)), None),
        (dict(backbone=dict(in_channels=4)), r"conv1.weight` of shape \(\d+, 4, 7, 7\)"),
        (dict(backbone=dict(style="caffe", deep_stem=True)), "lacks `backbone.conv1.weight`"),
    ],
)
def test_another_model(tmp_path, plain, change, message):
    config = segmentor_config()
    for part, values in change.items():
        config[part].update(values)
    other = build(config)
    path = save(tmp_path / "c.pth", other.segmentor if plain else other)
    if message is None:  # a deeper network holds all that a shallower one needs
        check_fits(build(), read_checkpoint(path), path)
        return
    with pytest.raises(ConfigError, match=message):
        check_fits(build(), read_checkpoint(path), path)


@pytest.mark.parametrize("plain", [False, True], ids=["mmda", "mmseg"])
@pytest.mark.parametrize("bare", [False, True], ids=["checkpoint", "state dict"])
def test_weights_that_fit_are_loaded(tmp_path, plain, bare):
    trained, model = build(seed=1), build(seed=2, teacher=dict(momentum=0.9))
    state = (trained.segmentor if plain else trained).state_dict()
    torch.save(state if bare else {"state_dict": state, "meta": {}}, tmp_path / "c.pth")
    load_weights(model, tmp_path / "c.pth")
    for a, b in zip(model.segmentor.parameters(), trained.segmentor.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("command", ["test", "resume", "load_from"])
def test_the_command_line_refuses(write_config, tmp_path, capsys, command):
    checkpoint = save(tmp_path / "c.pth")
    config = write_config(SOURCE_ONLY if command != "resume" else ADAPTED)
    argv = {
        "test": ["test", config, checkpoint],
        "resume": ["train", config, "--resume", checkpoint],
        "load_from": ["train", config, "--cfg-options", f"load_from={checkpoint}"],
    }[command]
    assert main([*argv, "--work-dir", str(tmp_path / "work")]) == 2
    errors = [e for e in capsys.readouterr().err.splitlines() if e.startswith("error: ")]
    assert len(errors) == 1
    assert checkpoint in errors[0]


@pytest.mark.parametrize(
    ("cycle", "interval", "fits"), [(2, 3, False), (2, 4, True), (3, 1, False)]
)
def test_the_checkpoint_interval_must_fit_accumulation(
    write_config, tmp_path, capsys, cycle, interval, fits
):
    options = [
        f"optim_wrapper.accumulative_counts={cycle}",
        f"default_hooks.checkpoint.interval={interval}",
        "train_cfg.max_iters=2",
    ]
    argv = ["train", write_config(SOURCE_ONLY), "--work-dir", str(tmp_path / "w")]
    assert main([*argv, "--cfg-options", *options]) == (0 if fits else 2)
    if not fits:
        assert f"a multiple of {cycle}" in capsys.readouterr().err


def test_a_full_disk_is_told_before_training(write_config, monkeypatch, tmp_path):
    config = prepare(load_config(write_config()), tmp_path / "work")
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(DataError, match="Not enough disk space"):
        build_runner(config)


def test_resuming_without_a_checkpoint_keeps_the_initial_weights(write_config, tmp_path):
    weights = save(tmp_path / "weights.pth")
    config = load_config(write_config(), {"load_from": weights})
    first = prepare(config, tmp_path / "work", resume=True)
    assert (first.load_from, first.resume) == (weights, False)


def test_resuming_removes_halves_of_checkpoints(write_config, tmp_path):
    half = tmp_path / ".iter_4.tmp-123.pth"
    half.write_bytes(b"half")
    whole = tmp_path / "iter_2.pth"
    whole.write_bytes(b"whole")
    config = prepare(load_config(write_config()), tmp_path, resume=True)
    assert not half.exists()
    assert config.load_from == str(whole)


def test_checkpoint_bytes_bounds_an_adam_checkpoint(tmp_path):
    model = torch.nn.Linear(1000, 100)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 1000)).sum().backward()
    optimizer.step()
    path = tmp_path / "checkpoint.pth"
    torch.save({"state_dict": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    assert 0.9 * path.stat().st_size < checkpoint_bytes(model) < 1.2 * path.stat().st_size
