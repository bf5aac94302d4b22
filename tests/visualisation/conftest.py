"""A tiny CDGA model and the tiny domains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.registry import init_default_scope

from mmda.engine.launch import load_config
from mmda.registry import MODELS
from mmda.visualisation.domains import open_domain, read_shown

CDGA = """
model["alignments"] = dict(
    cdga=dict(
        type="GroupAlignment",
        num_classes=2,
        discriminator=dict(channels=4, num_layers=3),
        input_scale=0.5,
    )
)
"""


@pytest.fixture
def cdga_text() -> str:
    return CDGA


@pytest.fixture
def cdga_config(write_config) -> str:
    return write_config(CDGA)


@pytest.fixture
def colour_map_text():
    """Return a function that gives a config's text with a step for the source's images."""

    def text(step: str) -> str:
        return f"""
source_root, target_root = {{{{_base_.source_root}}}}, {{{{_base_.target_root}}}}
train_dataloader["dataset"]["source"]["pipeline"] = [augment[0], {step}, *augment[1:]]
"""

    return text


@pytest.fixture
def build_model():
    """Return a function that builds a config's model with random weights, in training mode."""

    def build(path: str, seed: int = 0) -> Any:
        init_default_scope("mmda")
        torch.manual_seed(seed)
        return MODELS.build(load_config(path).model).train()

    return build


@pytest.fixture
def save_checkpoint(build_model, tmp_path):
    """Return a function that saves a random model as if a run had left it."""

    def save(path: str, iteration: int, seed: int = 0) -> str:
        file: Path = tmp_path / f"seed{seed}_iter_{iteration}.pth"
        state = build_model(path, seed).state_dict()
        torch.save({"meta": {"iter": iteration}, "state_dict": state}, file)
        return str(file)

    return save


@pytest.fixture
def pair(cdga_config):
    """The first source image and the first labelled target image."""
    config = load_config(cdga_config)
    return tuple(read_shown(open_domain(config, d), 0, d) for d in ("source", "target"))
