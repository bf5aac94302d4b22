"""Training and testing through the API."""

from __future__ import annotations

import json
import math
import multiprocessing

import pytest
import torch
from core_samples import SOURCE_ONLY
from mmengine.config import Config

import mmda
from mmda.errors import ConfigError

SCORES = {
    "mIoU", "mF1", "aAcc", "IoU/background", "IoU/building", "F1/background", "F1/building",
}  # fmt: skip


def weights(checkpoint):
    return torch.load(checkpoint, weights_only=False)["state_dict"]


def test_a_training_returns_its_checkpoint_and_scores(trained, config):
    assert trained.work_dir == config.parent / "work"
    assert trained.checkpoint == trained.work_dir / "iter_60.pth"
    assert trained.iterations == 60
    assert set(trained.metrics) == SCORES
    assert trained.metrics["mIoU"] > 60
    assert Config.fromfile(trained.work_dir / "config.py").randomness.seed == 3


def test_a_test_returns_and_writes_its_scores(trained, config, tmp_path):
    result = mmda.test(config, trained.checkpoint, work_dir=tmp_path)
    assert set(result.metrics) == SCORES
    assert result.metrics["mIoU"] > 60
    result.write(tmp_path / "scores.json")
    assert json.loads((tmp_path / "scores.json").read_text()) == result.metrics


def test_a_score_that_is_not_defined_is_written_as_null(tmp_path):
    result = mmda.TestResult(tmp_path / "a.pth", {"mIoU": 1.0, "IoU/road": math.nan})
    result.write(tmp_path / "scores.json")
    assert json.loads((tmp_path / "scores.json").read_text()) == {"mIoU": 1.0, "IoU/road": None}


def test_nam_takes_numbers_results_and_files(trained, config, tmp_path):
    plain = mmda.test(config, trained.checkpoint, work_dir=tmp_path)
    upper = mmda.TestResult(trained.checkpoint, {"mIoU": plain.metrics["mIoU"] + 30})
    lower = tmp_path / "lower.json"
    mmda.TestResult(trained.checkpoint, {"mIoU": plain.metrics["mIoU"] - 10}).write(lower)
    bounds = {"source_only": lower, "target_only": upper}
    result = mmda.test(config, trained.checkpoint, work_dir=tmp_path, **bounds)
    assert result.metrics["NAM"] == pytest.approx(25)
    with pytest.raises(ConfigError, match="give both"):
        mmda.test(config, trained.checkpoint, work_dir=tmp_path, source_only=40.0)


def test_runs_of_one_process_keep_their_logs_apart(config, tmp_path):
    options = {"train_cfg.max_iters": 2, "default_hooks.checkpoint.interval": 2}
    for name in ("one", "two"):
        mmda.train(config, work_dir=tmp_path / name, cfg_options=options)
        assert len(list(tmp_path.glob(f"{name}/*/vis_data/scalars.json"))) == 1


def test_a_training_goes_on_where_it_stopped(write_config, tmp_path):
    config = write_config(SOURCE_ONLY)
    half = mmda.train(config, work_dir=tmp_path / "w", cfg_options={"train_cfg.max_iters": 2})
    assert half.iterations == 2
    whole = mmda.train(config, work_dir=tmp_path / "w", resume=True)
    straight = mmda.train(config, work_dir=tmp_path / "straight")
    assert whole.checkpoint.name == straight.checkpoint.name == "iter_6.pth"
    resumed, expected = weights(whole.checkpoint), weights(straight.checkpoint)
    assert all(torch.equal(resumed[key], expected[key]) for key in expected)


def test_a_loaded_config_is_left_as_it_was(write_config, tmp_path):
    config = Config.fromfile(write_config(SOURCE_ONLY))
    before = config.dump()
    result = mmda.train(
        config, work_dir=tmp_path, seed=5, amp=True, cfg_options={"train_cfg.max_iters": 1}
    )
    assert config.dump() == before
    written = Config.fromfile(tmp_path / "config.py")
    assert (written.randomness.seed, written.optim_wrapper.precision) == (5, "bf16")
    assert result.iterations == 1


def test_a_config_without_a_file_needs_a_folder(toy_root, write_config):
    config = Config(Config.fromfile(write_config(SOURCE_ONLY)).to_dict())
    with pytest.raises(ConfigError, match="give a `work_dir`"):
        mmda.train(config)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cfg_options": {"train_cfg.max_iter": 1}}, "max_iter"),
        ({"amp": "fp8"}, "fp8"),
        ({"seed": -1}, "seed"),
        ({"launcher": "ssh"}, "ssh"),
        ({"resume": "gone.pth"}, r"`gone\.pth` does not exist"),
    ],
)
def test_options_that_do_not_fit(write_config, tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        mmda.train(write_config(SOURCE_ONLY), work_dir=tmp_path, **options)


def test_a_config_that_is_not_there():
    with pytest.raises(ConfigError, match=r"`gone\.py` does not exist"):
        mmda.train("gone.py")


def test_loading_processes_end_with_the_run(write_config, tmp_path):
    keys = ("train_dataloader", "val_dataloader", "test_dataloader")
    options = {f"{key}.{name}": 1 for key in keys for name in ("num_workers", "persistent_workers")}
    options |= {"train_cfg.max_iters": 2, "train_cfg.val_interval": 2}
    config = write_config(SOURCE_ONLY)
    result = mmda.train(config, work_dir=tmp_path, cfg_options=options)
    mmda.test(config, result.checkpoint, work_dir=tmp_path, cfg_options=options)
    assert multiprocessing.active_children() == []
