"""The model gets the iteration with each batch."""

from __future__ import annotations

import pytest
from core_samples import SOURCE_ONLY
from engine_runs import train

from mmda.errors import ConfigError
from mmda.models import UDASegmentor


def test_the_step_counts_on_in_a_resumed_run(write_config, tmp_path, monkeypatch):
    steps, loss = [], UDASegmentor.loss
    monkeypatch.setattr(
        UDASegmentor,
        "loss",
        lambda self, inputs, samples, step, weak: (
            steps.append(step) or loss(self, inputs, samples, step, weak)
        ),
    )
    config = write_config(SOURCE_ONLY)
    train(config, tmp_path, {"train_cfg.max_iters": 2})
    train(config, tmp_path, {"train_cfg.max_iters": 4}, resume=True)
    assert steps == [0, 1, 2, 3]


def test_training_without_the_hook_says_what_to_add(write_config, tmp_path):
    with pytest.raises(ConfigError, match="StepHook"):
        train(write_config(SOURCE_ONLY), tmp_path, {"default_hooks.step": None})
