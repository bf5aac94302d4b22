"""The hook that logs how strongly each loss pulls at the logits."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from engine_runs import differences, read, train
from model_samples import batch, build, losses_of, segmentor_config, total

from mmda.engine.hooks import GradientShareHook
from mmda.errors import ConfigError
from mmda.models.segmentors.gradients import logit_gradients

ISIA = dict(type="ISIA", weight=1.0, reduction="sum")


def model():
    return build(segmentor_config(aux=True), alignments=dict(isia=ISIA))


class Recorder(dict):
    def update_scalar(self, name, value):
        self[name] = value


def iterate(net, hook, iteration=0):
    runner = SimpleNamespace(model=net, iter=iteration, message_hub=Recorder())
    hook.before_train_iter(runner, 0)
    losses = losses_of(net, batch())
    hook.after_train_iter(runner, 0)
    return losses, runner.message_hub


def test_shares_are_the_gradients_relative_to_cross_entropy():
    net = model()
    losses, found = iterate(net, GradientShareHook(interval=1))
    context = net.context(**batch(), step=0)
    entropy = net._source_losses(context.source)["decode.loss_ce"]
    (unit,) = torch.autograd.grad(entropy, context.source.logits["decode"], retain_graph=True)
    for key, value in net.alignments["isia"](context).items():
        (own,) = torch.autograd.grad(value, context.target.logits["decode"], retain_graph=True)
        assert found[f"train/isia.{key}_share"] == pytest.approx(float(own.norm() / unit.norm()))
    assert found["train/decode.loss_ce_share"] == 1
    assert "train/aux.loss_ce_share" not in found  # does not reach the decode head
    total(losses).backward()  # the graph is still there


def test_it_measures_each_interval_and_changes_nothing():
    net, hook = model(), GradientShareHook(interval=3)
    assert [bool(iterate(net, hook, i)[1]) for i in range(6)] == [False, False, True] * 2
    plain = {k: float(v) for k, v in losses_of(model(), batch()).items()}
    measured, _ = iterate(model(), GradientShareHook(interval=1))
    assert {k: float(v) for k, v in measured.items()} == plain


def test_a_batch_without_labels_is_no_fault():
    """A crop of the source may be ignored as a whole; there is nothing to compare with then."""
    net, data = model(), batch()
    for sample in data["data_samples"]["source"]:
        sample.gt_sem_seg.data.fill_(255)
    hook = GradientShareHook(interval=1)
    runner = SimpleNamespace(model=net, iter=0, message_hub=Recorder())
    hook.before_train_iter(runner, 0)
    losses_of(net, data)
    hook.after_train_iter(runner, 0)
    assert net.gradients["decode.loss_ce"] == 0
    assert runner.message_hub == {}


def test_the_graph_says_which_logits_a_loss_depends_on():
    """Else processes whose gradient is 0 would make other collective calls than the rest."""
    context = model().context(**batch(), step=0)
    source, target = (d.logits["decode"].sum() for d in (context.source, context.target))
    found = logit_gradients(context, {"loss_a": source + 0 * target, "loss_b": source})
    assert found["loss_a"] == 0
    assert found["loss_b"] > 0


def test_wrong_settings_are_refused():
    with pytest.raises(ConfigError, match="must be 1 or more"):
        GradientShareHook(interval=0)
    with pytest.raises(ConfigError, match=r"no loss `loss_ce`. .*decode.loss_ce"):
        iterate(model(), GradientShareHook(interval=1, reference="loss_ce"))


def test_a_measured_run_equals_one_that_is_not(write_config, tmp_path):
    text = """
model["alignments"] = dict(
    output=dict(
        type="OutputAdversarial", num_classes=2, discriminator=dict(
            type="PixelDiscriminator", channels=4, num_layers=3)),
    isia=dict(type="ISIA", reduction="released", weight=0.001),
)
train_cfg["max_iters"] = 2
"""
    hook = (
        'custom_hooks = [dict(type="TeacherEMAHook"), dict(type="GradientShareHook", interval=1)]'
    )
    train(str(write_config(text)), tmp_path / "plain")
    train(str(write_config(text + hook)), tmp_path / "measured")
    plain, measured = (read(tmp_path / name, 2) for name in ("plain", "measured"))
    assert differences(plain, measured) == []
