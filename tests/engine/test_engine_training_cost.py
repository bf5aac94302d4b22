"""What a training iteration costs, against counts by hand."""

from __future__ import annotations

import json

import pytest
import torch
from core_samples import ADAPTED, TRAINING
from torch import nn

from mmda.cli import main
from mmda.engine.training_cost import SavedTensors, training_cost
from mmda.errors import ConfigError

PATCHES = """
model["alignments"] = dict(
    patch=dict(type="PatchAlignment", num_classes=2, num_modes=3, grid=(4, 4), start=100,
               discriminator=dict(channels=(4,)))
)
"""


def test_storages_are_counted_once_and_parameters_never():
    convolution, image = nn.Conv2d(3, 4, 1, bias=False), torch.randn(1, 3, 8, 8)
    own = {convolution.weight.untyped_storage().data_ptr()}
    saved = SavedTensors(own)
    with saved:
        one = convolution(image).sigmoid()  # keeps the image and its own result
        (one * one[:, :1]).sum()  # keeps the result again, and a view of it
    assert saved.bytes == image.nbytes + one.nbytes


def test_an_iteration_costs_a_forward_and_two_backward_passes(write_config):
    """Two domains cost twice as much, four times the pixels four times."""
    plain = write_config("", base=TRAINING)
    source = {"train_dataloader.dataset.target": None}
    one = training_cost(plain, (64, 64), source)
    larger = training_cost(plain, (128, 128), source)
    assert larger.macs == 4 * one.macs
    assert larger.activations == pytest.approx(4 * one.activations, rel=0.02)
    assert one.parameters == larger.parameters
    both = training_cost(write_config(PATCHES, base=TRAINING, name="p.py"), (64, 64))
    assert 2 * one.macs < both.macs < 2.1 * one.macs  # patches cost next to nothing
    assert both.activations == pytest.approx(2 * one.activations, rel=0.1)
    assert both.parameters > one.parameters


def test_the_command_compares_with_the_first_config(write_config, tmp_path, capsys):
    configs = [write_config("", base=TRAINING), write_config(ADAPTED, base=TRAINING, name="a.py")]
    out = tmp_path / "cost.json"
    argv = ["complexity", *configs, "--training", "--size", "64", "64", "--out", str(out)]
    assert main(argv) == 0
    plain, adapted = json.loads(out.read_text())["training"].values()
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if "MiB" in line]
    assert [row[4].strip() for row in rows] == ["1.00", f"{adapted['macs'] / plain['macs']:.2f}"]
    assert adapted["activations"] > plain["activations"]


def test_a_translator_has_no_such_cost(tmp_path):
    with pytest.raises(ConfigError, match="no segmentor"):
        training_cost("mmda::style/toy.py", (32, 32))
