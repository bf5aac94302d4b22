"""AIM's alignment against a loop over instances, its gradients, and hard cases."""

from __future__ import annotations

import copy
import importlib
from pathlib import Path

import pytest
import torch
from alignment_contexts import certain, context_of, make_aim, scene
from model_samples import total

from mmda.models.alignments.class_vectors import ClassVectorRule
from mmda.models.losses import adaptive_weights


@pytest.fixture
def loop(monkeypatch):
    """The reference of benchmarks/instance_matching.py."""
    folder = Path(__file__).resolve().parents[2] / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module("instance_loop").InstanceLoop


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        dict(),
        dict(things=(2,), connectivity=4),
        dict(things=(1, 3), stuff=(0, 2), max_instances=2, stuff_capacity=2),
        dict(things=(), stuff=(1, 2)),
        dict(capacity=5, min_fill=4, min_area=3),
    ],
)
def test_losses_and_gradients_equal_the_loop(loop, n, settings):
    """Over iterations in which the bank fills and wraps around."""
    aim = make_aim(adaptive=False, **settings)
    rule = aim.regions
    shared = ("connectivity", "max_instances", "min_area", "capacity", "stuff_capacity", "min_fill")
    plain = {key: settings[key] for key in shared if key in settings}
    reference = loop(rule.things, rule.stuff, **plain)
    for seed in range(6):
        context, source, target = scene(n, seed=seed)
        losses = aim(context)
        reference.store(context.source.feats[0], source.numpy())
        features = context.target.feats[0]
        for name, classes in (("things", rule.things), ("stuff", rule.stuff)):
            assert (f"loss_{name}" in losses) == bool(classes)
            if not classes:
                continue
            eta = [1.0] * len(classes)
            expected = reference.loss(features, target.numpy(), classes, eta)
            value = losses[f"loss_{name}"]
            torch.testing.assert_close(value, expected)
            got, want = (
                torch.autograd.grad(v, features, retain_graph=True) for v in (value, expected)
            )
            torch.testing.assert_close(got, want)
    assert total(losses) > 0
    assert losses["instances"] > 0
    for name, classes in (("things", rule.things), ("stuff", rule.stuff)):
        for i, k in enumerate(classes):
            assert aim.banks[name].filled[i] == len(reference.bank[k])


def test_the_loss_moves_the_targets_features_alone():
    aim = make_aim(stuff=(0,))
    context, *_ = scene()
    losses = aim(context)
    leaves = [
        domain_part
        for domain in (context.source, context.target)
        for domain_part in (domain.feats[0], domain.logits["decode"])
    ]
    for name in ("loss_things", "loss_stuff"):
        grads = torch.autograd.grad(losses[name], leaves, allow_unused=True, retain_graph=True)
        assert [g is not None and bool(g.any()) for g in grads] == [False, False, True, False]


def test_descending_the_loss_brings_the_target_nearer():
    aim = make_aim()
    context, *_ = scene()
    before = aim(context)["loss_things"]
    (gradient,) = torch.autograd.grad(before, context.target.feats[0])
    context.target.feats = [(context.target.feats[0] - gradient).detach()]
    assert aim(context)["loss_things"] < before


def test_eta_follows_equation_10_with_a_moving_average():
    aim, rule = make_aim(momentum=0.5, things=(1, 2, 3)), ClassVectorRule("AIM")
    expected = torch.ones(3)
    for seed in range(3):
        context, *_ = scene(n=1, size=(8, 8), other=(8, 8), seed=seed)
        aim(context)
        vectors = rule(context)
        held = (vectors.in_source & vectors.in_target)[0, 1:]
        eta, defined = adaptive_weights(vectors.distances()[0, 1:].detach(), held)
        new = 0.5 * expected + 0.5 * eta.clamp(0.1, 10)
        expected = new.where(defined, expected)
        torch.testing.assert_close(aim.eta, expected)
    assert (aim.eta != 1).any()
    assert not aim.eta.requires_grad


def test_eta_weighs_the_classes():
    aim, plain = make_aim(momentum=0.0), make_aim(adaptive=False)
    per_class = [make_aim(adaptive=False, things=(k,)) for k in (1, 2, 3)]
    context, *_ = scene()
    value = aim(context)["loss_things"]
    terms = torch.stack([one(context)["loss_things"] for one in per_class])
    torch.testing.assert_close(plain(context)["loss_things"], terms.sum())
    torch.testing.assert_close(value, (terms * aim.eta).sum())
    assert abs(value - terms.sum()) > 1e-3


def test_eta_is_clamped_against_nearly_equal_distances(monkeypatch):
    aim = make_aim(momentum=0.0)
    distances = torch.tensor([[0.0, 0.500, 0.501, 0.502]])
    monkeypatch.setattr(
        "mmda.models.alignments.class_vectors.ClassVectors.distances", lambda self: distances
    )
    aim(scene(n=1, seed=3)[0])
    assert aim.eta.tolist() == [10.0, 10.0, 10.0]
    distances = torch.tensor([[0.0, 0.0, 0.5, 1.0]])
    aim(scene(n=1, seed=3)[0])
    torch.testing.assert_close(aim.eta, torch.tensor([0.1, 0.5, 1.0]))


@pytest.mark.parametrize("mode", ["flat", "pooled"])
def test_a_single_foreground_class_keeps_a_weight_of_one(mode):
    aim, plain = (make_aim(num_classes=2, mode=mode, adaptive=a) for a in (True, False))
    context, *_ = scene(classes=2)
    assert aim(context) == plain(context)
    assert aim.eta.tolist() == [1.0]


@pytest.mark.parametrize("where", ["source", "target", "both"])
def test_a_class_that_a_domain_lacks_adds_nothing(where):
    context, *_ = scene(seed=2)
    others, everything = make_aim(adaptive=False, things=(1, 3)), make_aim(adaptive=False)
    shift = torch.tensor([0.0, 0.0, -100.0, 0.0]).view(1, 4, 1, 1)
    for name in ("source", "target"):
        domain = getattr(context, name)
        if where in (name, "both"):
            domain.logits["decode"] = domain.logits["decode"] + shift
    expected, got = others(context), everything(context)
    torch.testing.assert_close(got, expected)
    assert total(got) > 0
    aim = make_aim(momentum=0.0)
    aim.eta.fill_(3.0)
    assert torch.isfinite(total(aim(context)))
    assert aim.eta[1] == 3  # kept; the others are new
    assert (aim.eta[[0, 2]] != 3).all()


def test_an_empty_bank_gives_a_zero_in_the_graph():
    aim = make_aim(min_fill=32)
    context, *_ = scene()
    losses = aim(context)
    assert losses["loss_things"] == 0
    assert losses["instances"] == 0
    (gradient,) = torch.autograd.grad(losses["loss_things"], context.target.feats[0])
    assert not gradient.any()


def test_a_class_is_used_once_it_holds_enough():
    aim = make_aim(things=(1, 2), min_fill=3, adaptive=False)
    aim.banks["things"].filled[:] = torch.tensor([3, 2])
    aim.banks["things"].features[:, :3] = 50.0
    context, _, target = scene(n=1)
    agreed = torch.full((1, 9, 8), 3)  # nothing new to store
    context.source.logits["decode"] = certain(agreed, 4)
    losses = aim(context)
    assert losses["loss_things"] > 0
    aim.banks["things"].filled[:] = torch.tensor([2, 2])
    assert aim(context)["loss_things"] == 0
    assert (target == 2).any()


def test_no_instances_at_all():
    context, *_ = scene()
    for domain in (context.source, context.target):
        background = torch.zeros(2, *domain.logits["decode"].shape[-2:], dtype=torch.long)
        domain.logits["decode"] = certain(background, 4)
    losses = make_aim()(context)
    assert total(losses) == 0


def rounded(domain, dtype, cast):
    """A domain whose maps are rounded to one type and held in another."""
    domain = copy.copy(domain)
    domain.feats = [(300 * domain.feats[0].detach()).to(dtype).to(cast)]
    domain.logits = {"decode": domain.logits["decode"].detach().to(dtype).to(cast)}
    return domain


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_does_not_change_what_half_precision_maps_give(dtype):
    context, *_ = scene(seed=4)
    half, exact = (
        context_of(*(rounded(domain, dtype, cast) for domain in (context.source, context.target)))
        for cast in (dtype, torch.float32)
    )
    expected = make_aim(momentum=0.0)(exact)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = make_aim(momentum=0.0)(half)
    torch.testing.assert_close(got, expected)


def test_a_state_dict_continues_bit_by_bit():
    first, second = make_aim(stuff=(0,), capacity=7), make_aim(stuff=(0,), capacity=7)
    for seed in range(4):
        first(scene(seed=seed)[0])
    second.load_state_dict(first.state_dict(), strict=True)
    for seed in range(4, 6):
        one, other = (aim(scene(seed=seed)[0]) for aim in (first, second))
        assert {k: v.item() for k, v in one.items()} == {k: v.item() for k, v in other.items()}
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
    assert set(first.state_dict()) == {
        "eta",
        *(f"banks.{b}.{x}" for b in ("things", "stuff") for x in ("features", "cursor", "filled")),
    }


def test_no_nan_in_100_random_cases():
    generator = torch.Generator().manual_seed(0)

    def pick(low, high):
        return int(torch.randint(low, high + 1, (), generator=generator))

    for case in range(100):
        classes, sizes = pick(2, 5), [(pick(1, 9), pick(1, 9)) for _ in range(2)]
        aim = make_aim(
            num_classes=classes,
            capacity=pick(1, 6),
            connectivity=(4, 8)[case % 2],
            stuff=(0,) if case % 3 else (),
            mode=("flat", "pooled")[case % 2],
        )
        for seed in range(3):
            context, *_ = scene(pick(1, 3), classes, *sizes, seed=1000 * case + seed)
            value = total(aim(context))
            assert torch.isfinite(value), case
            value.backward()
            assert torch.isfinite(context.target.feats[0].grad).all(), case
        assert all(torch.isfinite(buffer).all() for buffer in aim.buffers()), case


def test_target_stuff_is_matched_where_the_head_classifies_its_mean_correctly():
    """As in SIM. Things are matched in any case."""
    context, *_ = scene(n=3)
    answers = {}
    for target in range(4):
        aim = make_aim(things=(0,), stuff=(1, 2, 3), verify_target=True, adaptive=False)
        one_hot = torch.eye(4)[target][None, :, None, None]

        def head(levels, one_hot=one_hot):
            return one_hot.expand(len(levels[-1]), 4, *levels[-1].shape[-2:])

        module = torch.nn.Module()
        module.forward = head
        context.segmentor.decode_head = module
        answers[target] = aim(context)
    alone = {}
    for stuff in (1, 2, 3):
        aim = make_aim(things=(0,), stuff=(stuff,), adaptive=False)
        alone[stuff] = aim(context)
    for stuff in (1, 2, 3):
        torch.testing.assert_close(answers[stuff]["loss_stuff"], alone[stuff]["loss_stuff"])
        torch.testing.assert_close(answers[stuff]["loss_things"], alone[stuff]["loss_things"])
        assert answers[stuff]["loss_stuff"].item() > 0
    assert answers[0]["loss_stuff"].item() == 0
