"""What every registered alignment must do, driven by the registry.

A new alignment is tested by adding its arguments to ``CASES`` in ``alignment_cases.py``; without
them this file fails.
"""

from __future__ import annotations

import inspect

import pytest
import torch
from alignment_cases import CASES, VARIANTS, make
from model_samples import batch, build, losses_of, segmentor_config, set_step, total

from mmda.errors import ConfigError
from mmda.models.alignments import Alignment, DomainBatch, UDAContext
from mmda.registry import MODELS


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


def test_the_segmentor_starts_as_it_would_alone(case):
    """With one seed, all rows of an ablation start from the same weights."""
    alone, aligned = build(segmentor_config(aux=True)), make(*case)
    expected = alone.segmentor.state_dict()
    for name, value in aligned.segmentor.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=0)


@pytest.mark.parametrize(
    "shape",
    [
        dict(n=1),
        dict(n=3),
        dict(n=2, source=(32, 48), target=(40, 32)),
    ],
    ids=["batch1", "batch3", "sizes"],
)
def test_losses_are_finite_scalars_for_any_batch(case, shape):
    if "source" in shape and CASES[case[0]][case[1]].get("mix") == "class":
        with pytest.raises(ConfigError, match="equal crops"):
            losses_of(make(*case), batch(**shape))
        return
    losses = losses_of(make(*case), batch(**shape))
    assert own(losses)
    for name, value in losses.items():
        assert value.shape == () or not name.startswith("it."), name
        assert torch.isfinite(value).all(), name
    assert total(own(losses)) > 0


def test_before_start_all_losses_are_connected_zeros(case):
    model = make(*case, start=5)
    set_step(4)
    losses = own(losses_of(model, batch()))
    assert [float(v) for v in losses.values()] == [0.0]
    total(losses).backward()
    alignment = dict(model.alignments["it"].named_parameters())
    assert all(p.grad is not None and not p.grad.any() for p in alignment.values())
    set_step(5)
    assert total(own(losses_of(model, batch()))) > 0


@pytest.mark.parametrize(
    ("name", "index", "trained"),
    [
        ("AIM", 1, False),
        ("ISIA", 1, False),
        ("ISIA", 3, True),
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
        else:
            assert any(n.startswith("segmentor.backbone") for n in found)
            assert not found & discriminators
    assert discriminators <= hit


@pytest.mark.parametrize("case", [v for v in VARIANTS if make(*v).teacher is not None])
def test_the_teacher_never_gets_a_gradient(case):
    model = make(*case)
    total(losses_of(model, batch())).backward()
    assert all(p.grad is None and not p.requires_grad for p in model.teacher.parameters())
    assert any(p.grad.any() for p in model.segmentor.parameters())


def test_it_uses_what_it_needs_and_never_target_labels(case):
    model, used = make(*case), set()
    it = model.alignments["it"]
    losses = it.losses
    it.losses = lambda context: losses(_recording(context, used))
    losses_of(model, batch())
    assert "labels" not in used
    needs = {"teacher"} & used
    if used & {"logits", "feats"}:
        needs.add("target")
    elif used & {"images", "weak_images"}:
        needs.add("target_images")
    assert needs == it.needs


def _recording(context: UDAContext, used: set[str]) -> UDAContext:
    """Make a context note which of the target's attributes and whether the teacher is read."""

    def spied(kind: type, watched: set[str]) -> type:
        def read(self, name):
            used.update({name} & watched)
            return object.__getattribute__(self, name)

        return type(kind.__name__, (kind,), {"__getattribute__": read})

    target = {"images", "weak_images", "labels", "feats", "logits"}
    context.target.__class__ = spied(DomainBatch, target)
    context.__class__ = spied(UDAContext, {"teacher"})
    return context


def test_a_state_dict_brings_back_the_same_losses(case):
    first, second = make(*case), make(*case)
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    second.load_state_dict(first.state_dict(), strict=True)
    expected, got = (_seeded_losses(model) for model in (first, second))
    assert {k: float(v) for k, v in got.items()} == {k: float(v) for k, v in expected.items()}


def _seeded_losses(model: torch.nn.Module) -> dict:
    torch.manual_seed(7)
    return losses_of(model, batch())


def test_bfloat16_autocast_is_finite_and_keeps_the_routing(case):
    model = make(*case)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = losses_of(model, batch())
    assert all(torch.isfinite(v) for v in losses.values())
    total(losses).backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name
