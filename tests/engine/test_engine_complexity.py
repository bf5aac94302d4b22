"""Complexity: against counts by hand, and a model whose adaptation does add something."""

from __future__ import annotations

import json

import pytest
import torch
from core_samples import ADAPTED, REPO, TRAINING
from torch import nn

from mmda.cli import main
from mmda.engine import complexity
from mmda.engine.complexity import measure
from mmda.engine.living_tensors import LivingTensors
from mmda.errors import ConfigError
from mmda.models import UDASegmentor

SIZE = (64, 64)


def quick(config, **kwargs):
    return measure(config, SIZE, device="cpu", repeats=1, **kwargs)


def test_multiply_adds_and_parameters_by_hand():
    convolution = nn.Conv2d(3, 8, 3, stride=2, padding=1)
    macs = complexity._macs(convolution, torch.zeros(1, 3, 32, 48))
    assert macs == 16 * 24 * 8 * 3 * 9
    assert complexity._count(convolution) == 8 * 27 + 8


def test_peak_of_living_tensors_by_hand():
    image = torch.zeros(1, 4, 16, 16)  # 4096 bytes
    with LivingTensors() as living:
        one = image + 1
        two = one + 1
        del one
        two = two * 2  # the old and the new one are alive together
        two.relu_()  # in place: no more memory
        view = two.view(-1)
    assert living.peak == 2 * image.nbytes
    assert living.now == image.nbytes
    assert view.shape == (4096 // 4,)


@pytest.mark.parametrize("text", ["", ADAPTED])
def test_adaptation_adds_nothing_at_inference(write_config, text):
    found = quick(write_config(text, base=TRAINING))
    assert found.adds_nothing
    assert (found.added_parameters, found.added_macs, found.extra_modules) == (0, 0, ())
    assert (found.training_parameters > found.parameters) == bool(text)  # the other network and D
    assert found.macs > 1e6
    assert found.memory > 4 * found.parameters
    assert found.fps > 0


def test_source_only_and_adapted_cost_the_same(write_config):
    plain = quick(write_config("", base=TRAINING))
    adapted = quick(write_config(ADAPTED, base=TRAINING, name="adapted.py"))
    for name in ("parameters", "macs", "memory"):
        assert getattr(plain, name) == getattr(adapted, name)


def test_two_classifiers_that_predict_together_cost_one_more():
    clan, plain = (
        measure(f"mmda::toy/{name}.py", SIZE, device="cpu", repeats=1)
        for name in ("clan", "source_only")
    )
    assert clan.parameters > plain.parameters and clan.macs > plain.macs
    assert clan.added_parameters == clan.parameters - plain.parameters
    assert clan.added_macs == clan.macs - plain.macs and not clan.adds_nothing


def test_a_method_that_runs_at_inference_is_found(write_config, monkeypatch, capsys):
    plain = UDASegmentor.encode_decode

    def refined(self, inputs, metas):
        logits = plain(self, inputs, metas)
        return (
            logits
            + self.alignments["adversarial"].discriminators["decode"](logits.softmax(1)).mean()
        )

    monkeypatch.setattr(UDASegmentor, "encode_decode", refined)
    config = write_config(ADAPTED, base=TRAINING)
    found = quick(config)
    assert not found.adds_nothing
    assert found.added_macs > 0
    assert "alignments.adversarial.discriminators.decode" in found.extra_modules
    argv = ["complexity", config, "--size", "64", "64", "--repeats", "1", "--device", "cpu"]
    assert main(argv) == 1
    assert "inference adds 0 parameters and" in capsys.readouterr().out


def test_command(write_config, tmp_path, capsys):
    config, out = write_config("", base=TRAINING), tmp_path / "figures.json"
    style = f"{REPO}/configs/style/toy.py"
    argv = ["complexity", config, style, "--size", "64", "48", "--repeats", "2"]
    assert main([*argv, "--device", "cpu", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "one image of 64 x 48 pixels" in printed
    assert printed.count("adaptation adds nothing at inference") == 2
    report = json.loads(out.read_text())
    assert report["size"] == [64, 48]
    assert report["configs"][style]["parameters"] > 1e5


def test_errors(write_config, tmp_path, capsys):
    config = write_config("", base=TRAINING)
    assert main(["complexity", config, "--size", "0", "64"]) == 2
    assert "must be at least 1" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="does not exist"):
        quick(tmp_path / "missing.py")


def test_an_auxiliary_head_does_not_count_at_inference():
    model = nn.ModuleDict(
        {"decode_head": nn.Linear(4, 2), "auxiliary_head": nn.ModuleDict({"a": nn.Linear(4, 9)})}
    )
    assert complexity._count(model) == 10
