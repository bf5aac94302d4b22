"""A training that diverges ends with an error that names the losses."""

from __future__ import annotations

import re
from itertools import count
from types import SimpleNamespace

import pytest
import torch
from core_samples import SOURCE_ONLY
from mmengine.device import get_device
from mmengine.logging import MessageHub
from mmengine.optim import OptimWrapper

from mmda.cli import main
from mmda.engine import JointOptimWrapper
from mmda.engine.hooks import FiniteLossHook
from mmda.errors import ConfigError


def test_a_training_that_diverges_stops_at_once(write_config, tmp_path, capsys):
    rate = "optim_wrapper.optimizers.segmentor.optimizer.lr=1e30"
    work = tmp_path / "work"
    command = ["train", write_config(SOURCE_ONLY), "--work-dir", str(work), "--cfg-options", rate]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert re.search(r"at iteration 2 of 6 the losses are not finite: `decode.loss_ce` \(", error)
    assert "Lower the learning rates" in error
    assert [path.name for path in work.glob("iter_*.pth")] == ["iter_1.pth"]


def steep_once(monkeypatch, iteration):
    """Make the gradients of one parameter NaN in one iteration, whose loss stays as it is."""
    calls, update = count(1), JointOptimWrapper.update_params

    def patched(self, loss, **kwargs):
        weight = self["segmentor"].param_groups[0]["params"][0]
        update(self, loss + steep(weight.sum()) if next(calls) == iteration else loss, **kwargs)

    monkeypatch.setattr(JointOptimWrapper, "update_params", patched)


@pytest.mark.parametrize(
    ("iteration", "interval", "when", "kept"),
    [
        (3, 1, "at iteration 3 of 6 weights", ["iter_1.pth", "iter_2.pth"]),
        (6, 2, "at iteration 6 of 6 weights", ["iter_2.pth", "iter_4.pth"]),
        (6, -1, "at its end, iteration 6, weights", []),
    ],
)
def test_weights_that_are_not_finite_are_never_written(
    write_config, tmp_path, capsys, monkeypatch, iteration, interval, when, kept
):
    steep_once(monkeypatch, iteration)
    work = tmp_path / "work"
    options = [f"default_hooks.checkpoint.interval={interval}", "train_cfg.val_interval=100"]
    if interval < 0:
        options.append("default_hooks.checkpoint.save_last=False")
    command = ["train", write_config(SOURCE_ONLY), "--work-dir", str(work), "--cfg-options"]
    assert main([*command, *options]) == 2
    error = capsys.readouterr().err
    assert f"has diverged: {when} are not finite: `segmentor." in error
    assert "They are not written to a checkpoint" in error
    assert sorted(path.name for path in work.glob("iter_*.pth")) == kept


def nan(weight):
    return weight * float("nan")


def steep(weight):
    """0, with a gradient that is no number."""
    return (weight * 0).abs().sqrt()


def fine(weight):
    return weight**2


def run(losses, precision="fp16", hook=None):
    """Train one weight on each loss in turn; return the weight and the iterations done."""
    weight = torch.nn.Parameter(torch.ones((), device=get_device()))
    part = OptimWrapper(torch.optim.SGD([weight], lr=0.01))
    wrapper = JointOptimWrapper(part=part, precision=precision)
    hub = MessageHub(f"finite_{id(wrapper)}")
    runner = SimpleNamespace(optim_wrapper=wrapper, message_hub=hub, max_iters=len(losses))
    hook = hook or FiniteLossHook()
    for runner.iter, function in enumerate(losses):
        loss = function(weight)
        wrapper.update_params(loss)
        outputs = {"loss": loss, "it.loss_a": loss, "it.loss_b": torch.ones(()), "it.share": loss}
        for name, value in outputs.items():
            hub.update_scalar(f"train/{name}", value)
        hook.after_train_iter(runner, runner.iter, outputs=outputs)
    return weight.item(), runner.iter + 1


def test_half_precision_stops_after_many_steps_that_were_left_out():
    with pytest.raises(ConfigError) as caught:
        run([fine, *[nan] * 99])
    text = str(caught.value)
    assert "at iteration 50 of 100 the losses are not finite: `it.loss_a` (nan). The" in text
    assert "its scale is only 1e-10" in text  # 2**(16 - 49)


def test_half_precision_stops_where_gradients_alone_are_not_finite():
    with pytest.raises(ConfigError, match=r"iteration 50 .* losses are finite, but gradients were"):
        run([steep] * 60)


def test_half_precision_goes_on_after_some_steps_that_were_left_out():
    weight, done = run([nan] * 30 + [fine] * 70)
    assert done == 100
    assert 0 < weight < 1


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_without_a_scaler_the_first_loss_stops(precision):
    with pytest.raises(ConfigError, match=r"at iteration 3 of 5 the losses are not finite: `it"):
        run([fine, fine, nan, fine, fine], precision)
    assert run([fine] * 5, precision)[1] == 5


def test_the_scale_is_read_each_interval_alone(monkeypatch):
    reads = []
    scale = torch.amp.GradScaler.get_scale
    monkeypatch.setattr(
        torch.amp.GradScaler, "get_scale", lambda self: reads.append(self) or scale(self)
    )
    run([fine] * 20, hook=FiniteLossHook(interval=10))
    assert len(reads) == 2


@pytest.mark.parametrize("wrong", [dict(interval=0), dict(min_scale=0.0)])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ConfigError, match="must be 1 or more and `min_scale` above 0"):
        FiniteLossHook(**wrong)
