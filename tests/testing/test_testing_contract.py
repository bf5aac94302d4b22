"""An alignment that breaks the contract fails the check, and the message says how."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from mmda.models.alignments import Alignment, frozen
from mmda.registry import MODELS
from mmda.testing import check_alignment


class Faultless(Alignment):
    """Makes the target's mean feature equal to a layer's of the source's; has a discriminator."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.discriminator = nn.Linear(64, 64), nn.Linear(64, 1)
        self.register_buffer("calls", torch.zeros(()))

    def losses(self, context):
        self.calls += 1
        source, target = (x.feats[-1].mean((2, 3)) for x in (context.source, context.target))
        with frozen(self.discriminator):
            adversarial = self.discriminator(target).mean()
        return {
            "loss_mean": (self.layer(source) - target).abs().mean() * (1 + self.calls),
            "loss_adv": -adversarial,
            "loss_dis": self.discriminator(target.detach()).square().mean(),
        }


def changed(change):
    """Return a kind of alignment whose losses are ``change(self, context, losses)``."""

    class Changed(Faultless):
        def losses(self, context):
            return change(self, context, super().losses(context))

    return Changed


class WithoutStart(Faultless):
    def active(self, step):
        return True


class Lazy(Faultless):
    needs = frozenset({"target", "teacher"})


class Forgetful(Faultless):
    def __init__(self):
        super().__init__()
        del self.calls
        self.calls = 0


def reads_labels(self, context, losses):
    context.target.labels()
    return losses


def half_overflow(self, context, losses):
    half = context.target.feats[-1].dtype == torch.bfloat16
    return {**losses, "loss_mean": losses["loss_mean"] * (torch.inf if half else 1)}


BROKEN = {
    "it returns nothing whose name contains `loss`": changed(lambda *_: {}),
    r"`loss_mean` has the shape \(2,\)": changed(
        lambda _, context, losses: {**losses, "loss_mean": losses["loss_mean"].expand(2)}
    ),
    "`loss_mean` is nan": changed(lambda *_: {"loss_mean": torch.tensor(torch.nan)}),
    "losses .* are 0 in sum": changed(lambda self, context, _: {"loss": self.zero(context)}),
    "before `start` its losses are": WithoutStart,
    "`loss` trains discriminators and other parts": changed(
        lambda self, context, losses: {"loss": losses["loss_dis"] + losses["loss_mean"]}
    ),
    "`loss` is not connected to any parameter": changed(lambda *_: {"loss": torch.ones(())}),
    "no loss trains the segmentor": changed(
        lambda self, context, losses: {"loss_dis": losses["loss_dis"]}
    ),
    "no loss is connected to its parameter `layer": changed(
        lambda self, context, losses: {k: losses[k] for k in ("loss_adv", "loss_dis")}
    ),
    "it reads the target's labels": changed(reads_labels),
    r"its `needs` name \['teacher'\]": Lazy,
    "keep what it accumulates in buffers": Forgetful,
    "in bfloat16 `loss_mean` is inf": changed(half_overflow),
}


@pytest.fixture(autouse=True, scope="module")
def _registry():
    """Register what is built here, and no longer than it is needed."""
    MODELS.register_module(module=Faultless)
    yield
    for name in ("Faultless", "Broken"):
        MODELS.module_dict.pop(name, None)


def test_a_faultless_alignment_passes():
    check_alignment(dict(type="Faultless"))


@pytest.mark.parametrize("message", BROKEN)
def test_a_broken_one_fails_and_the_message_says_how(message):
    MODELS.register_module(name="Broken", force=True, module=BROKEN[message])
    with pytest.raises(AssertionError, match=message):
        check_alignment(dict(type="Broken"))


def test_a_changed_segmentor_and_a_trained_teacher_are_found():
    def disturb(model):
        model.segmentor.decode_head.conv_seg.weight.data.add_(1)

    with pytest.raises(AssertionError, match=r"initial `segmentor\.decode_head\.conv"):
        check_alignment(dict(type="Faultless"), disturb)

    def unfreeze(model):
        teacher = copy.deepcopy(model.segmentor)
        model.teacher = nn.ModuleDict({"segmentor": teacher})
        alignment = model.alignments["checked"]
        losses = alignment.losses
        images = torch.zeros(1, 3, 32, 32)
        alignment.losses = lambda context: {
            **losses(context),
            "loss_teacher": teacher.extract_feat(images)[-1].mean(),
        }

    with pytest.raises(AssertionError, match="the teacher gets a gradient"):
        check_alignment(dict(type="Faultless"), unfreeze)
