"""What every registered alignment must do, driven by the registry.

A new alignment is tested by adding its arguments to ``CASES`` in ``alignment_cases.py``; without
them this file fails.
"""

from __future__ import annotations

import inspect

import pytest
import torch
from alignment_cases import CASES, VARIANTS, make, prepare
from model_samples import batch, losses_of, total

from mmda.models.alignments import Alignment
from mmda.registry import MODELS
from mmda.testing import check_alignment


def registered() -> set[str]:
    return {
        name
        for name, kind in MODELS.module_dict.items()
        if inspect.isclass(kind) and issubclass(kind, Alignment)
    }


def own(losses: dict) -> dict:
    """The alignment's summed losses."""
    return {k: v for k, v in losses.items() if k.startswith("it.") and "loss" in k}


def reached(loss: torch.Tensor, model: torch.nn.Module) -> set[str]:
    """Names of the parameters that a loss gives a gradient other than zero."""
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    grads = torch.autograd.grad(loss, [p for _, p in named], retain_graph=True, allow_unused=True)
    return {n for (n, _), g in zip(named, grads, strict=True) if g is not None and g.any()}


def test_every_registered_alignment_has_a_case():
    assert registered() == set(CASES)


@pytest.fixture(params=VARIANTS, ids=[f"{n}-{i}" for n, i in VARIANTS])
def case(request) -> tuple[str, int]:
    return request.param


def test_it_keeps_the_contract(case):
    name, index = case
    check_alignment(dict(type=name, **CASES[name][index]), prepare)


@pytest.mark.parametrize(
    ("name", "index", "trained"),
    [
        ("AIM", 1, False),
        ("ISIA", 1, False),
        ("ISIA", 5, True),
        ("SelfTraining", 1, False),
        ("FeatureAdversarial", 0, True),
        ("OutputAdversarial", 1, True),
    ],
)
def test_a_weight_of_zero_switches_off(name, index, trained):
    model = make(name, index)
    alignment, images = model.alignments["it"], []
    model.segmentor.backbone.register_forward_hook(lambda _, x, __: images.append(len(x[0])))
    losses_of(model, batch(n=2))
    assert sum(images) == 4
    images.clear()
    if name == "OutputAdversarial":
        alignment.weights = dict.fromkeys(alignment.weights, 0.0)
    else:
        alignment.weight = 0.0
    buffers = {k: v.clone() for k, v in alignment.named_buffers()}
    losses = losses_of(model, batch(n=2))
    assert sum(images) == 2  # those of the source alone
    assert {k: float(v) for k, v in own(losses).items()} == {"it.loss_inactive": 0.0}
    total(losses).backward()
    parameters = [p for p in alignment.parameters() if p.requires_grad]
    assert bool(parameters) == trained
    assert all(p.grad is not None and not p.grad.any() for p in parameters)
    assert all(torch.equal(v, buffers[k]) for k, v in alignment.named_buffers())


def test_each_loss_reaches_either_the_segmentor_or_the_discriminators(case):
    model = make(*case)
    names = {n for n, p in model.named_parameters() if p.requires_grad}
    discriminators = {n for n in names if "discriminator" in n}
    hit: set[str] = set()
    for key, loss in own(losses_of(model, batch())).items():
        found = reached(loss, model)
        hit |= found
        if key.endswith("loss_dis"):
            *_, level, _ = key.split(".")  # the alignment itself where it has one level
            assert found == {n for n in discriminators if f".{level}." in n}
        elif key.endswith("loss_discrepancy"):
            assert found and all("head.conv_seg." in n for n in found)
        else:
            assert any(n.startswith("segmentor.backbone") for n in found)
            assert not found & discriminators
    assert discriminators <= hit
