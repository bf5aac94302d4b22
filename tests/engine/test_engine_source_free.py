"""Adaptation with the target alone, from a trained checkpoint."""

from __future__ import annotations

import shutil

import pytest
import torch
from api_samples import BATCH_NORM
from core_samples import SOURCE_ONLY
from engine_runs import differences, read, train

from mmda.engine.inference import build_model
from mmda.errors import ConfigError
from mmda.models.batch_norm import batch_norm_layers
from mmda.testing import build_segmentor, losses_of, random_batch

SOURCE_FREE = """
train_dataloader["dataset"]["source"] = None
model["alignments"] = dict(self_training=dict(type="SelfTraining", threshold=0.5))
model["teacher"] = dict(momentum=0.9, warm_up=False)
model["evaluate"] = "teacher"
train_cfg["val_interval"] = 100
custom_hooks = [dict(type="TeacherEMAHook"), dict(type="AdaptBatchNormHook", start=True)]
"""


@pytest.fixture
def target_only_folder(toy_root, tmp_path, monkeypatch):
    """A root of data that holds no source."""
    root = tmp_path / "data"
    shutil.copytree(toy_root / "buildings" / "target", root / "target")
    return root


@pytest.fixture
def source_free(write_config, target_only_folder, tmp_path, monkeypatch):
    """A source-free config and the checkpoint of an untrained network that it starts from."""
    checkpoint = tmp_path / "trained.pth"
    source_only = write_config(BATCH_NORM + SOURCE_ONLY, name="source_only.py")
    torch.manual_seed(3)
    model = build_model(source_only, initial=True)
    torch.save({"meta": {}, "state_dict": model.state_dict()}, checkpoint)
    monkeypatch.setenv("MMDA_TOY_ROOT", str(target_only_folder))
    start = f'load_from = "{checkpoint}"\n'
    return write_config(BATCH_NORM + SOURCE_FREE + start, name="source_free.py"), checkpoint


def test_it_trains_without_any_source_and_resumes(source_free, tmp_path):
    config, checkpoint = source_free
    options = {"train_cfg.max_iters": 2}
    runner = train(config, tmp_path / "whole", options)
    assert runner.train_dataloader.dataset.source_size == 0
    train(config, tmp_path / "part", {"train_cfg.max_iters": 1})
    train(config, tmp_path / "part", options, resume=True)
    one, other = (read(tmp_path / name, 2) for name in ("whole", "part"))
    assert differences(one, other) == []
    files = (tmp_path / name / "iter_2.pth" for name in ("whole", "part"))
    whole, part = (torch.load(file, weights_only=False)["meta"] for file in files)
    for key in ("adapted_batch_norm", "dataset_meta"):  # what the first part did is not forgotten
        assert whole[key] == part[key]
    before = torch.load(checkpoint, weights_only=False)["state_dict"]
    weight = "segmentor.backbone.conv1.weight"
    assert not torch.equal(one["state_dict"][weight], before[weight])
    assert one["state_dict"][f"teacher.{weight}"].isfinite().all()


def test_it_starts_from_target_statistics_and_the_teacher_with_it(source_free, tmp_path):
    config, checkpoint = source_free
    still = {
        "train_cfg.max_iters": 1,
        "model.teacher.momentum": 1.0,
        "optim_wrapper.optimizers.segmentor.optimizer.lr": 0.0,
    }
    runner = train(config, tmp_path / "run", still)
    trained = torch.load(checkpoint, weights_only=False)["state_dict"]
    model = runner.model
    teacher = model.teacher.segmentor.state_dict()
    for name in batch_norm_layers(model.segmentor):
        assert not torch.equal(
            teacher[f"{name}.running_mean"], trained[f"segmentor.{name}.running_mean"]
        )
        assert torch.equal(teacher[f"{name}.weight"], trained[f"segmentor.{name}.weight"])


def test_an_alignment_that_starts_later_is_a_connected_zero():
    model = build_segmentor(
        alignments=dict(late=dict(type="SelfTraining", start=5)), teacher=dict(momentum=0.9)
    )
    data = random_batch()
    target = {name: {"target": part["target"]} for name, part in data.items()}
    losses = losses_of(model, target, step=0)
    assert list(losses) == ["late.loss_inactive"]
    losses["late.loss_inactive"].backward()
    gradients = [p.grad for p in model.segmentor.parameters()]
    assert all(g is not None and not g.any() for g in gradients)
    assert losses_of(model, target, step=5)["late.loss_self"].isfinite()


def test_what_needs_a_source_says_so(write_config, target_only_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MMDA_TOY_ROOT", str(target_only_folder))
    alone = SOURCE_FREE.split("model[")[0]
    with pytest.raises(ConfigError, match="no source, and the model has no alignment"):
        train(write_config(alone), tmp_path / "one")
    mixing = SOURCE_FREE.replace("threshold=0.5", 'threshold=0.5, mix="class"')
    with pytest.raises(ConfigError, match="SelfTraining needs the source"):
        train(write_config(BATCH_NORM + mixing), tmp_path / "two")
