"""AIM's alignment against a loop over instances, its gradients, and hard cases."""

from __future__ import annotations

import copy
import importlib
from pathlib import Path

import pytest
import torch
from alignment_contexts import certain, context_of, domain_of
from mmengine.structures import PixelData
from model_samples import BATCH_NORM, CLASSES, batch, build, losses_of, segmentor_config, total
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from mmda.errors import ConfigError
from mmda.models.alignments import AIM
from mmda.models.alignments.class_vectors import ClassVectorRule
from mmda.models.losses import adaptive_weights

D = 6


@pytest.fixture
def loop(monkeypatch):
    """The reference of benchmarks/instance_matching.py."""
    folder = Path(__file__).resolve().parents[2] / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module("instance_loop").InstanceLoop


def blobs(n, classes, size, seed):
    """Random label maps with regions of several cells."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randint(0, classes, (n, -(-size[0] // 2), -(-size[1] // 2)), generator=generator)
    return coarse.repeat_interleave(2, 1).repeat_interleave(2, 2)[:, : size[0], : size[1]]


def scene(n=2, classes=4, size=(9, 8), other=(7, 10), seed=0):
    """A context whose predictions and labels are blobs, and its label maps: S agreed, T."""
    generator = torch.Generator().manual_seed(seed + 1000)
    truth, target = blobs(n, classes, size, seed), blobs(n, classes, other, seed + 1)
    predicted = truth.where(torch.rand(truth.shape, generator=generator) < 0.8, 0)
    feats = [
        torch.randn(n, D, *shape, generator=generator).requires_grad_() for shape in (size, other)
    ]
    noise = [torch.rand(n, classes, *shape, generator=generator) for shape in (size, other)]
    logits = [
        (certain(maps, classes) + x).requires_grad_()
        for maps, x in zip((predicted, target), noise, strict=True)
    ]
    context = context_of(
        domain_of(logits[0], feats[0], truth), domain_of(logits[1], feats[1], target)
    )
    return context, predicted.where(predicted == truth, 255), target


def make(**kwargs):
    return AIM(**dict(num_classes=4, in_channels=D, verify=False, min_fill=1, weight=1.0) | kwargs)


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
    aim = make(adaptive=False, **settings)
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
    aim = make(stuff=(0,))
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
    aim = make()
    context, *_ = scene()
    before = aim(context)["loss_things"]
    (gradient,) = torch.autograd.grad(before, context.target.feats[0])
    context.target.feats = [(context.target.feats[0] - gradient).detach()]
    assert aim(context)["loss_things"] < before


def test_eta_follows_equation_10_with_a_moving_average():
    aim, rule = make(momentum=0.5, things=(1, 2, 3)), ClassVectorRule("AIM")
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
    aim, plain = make(momentum=0.0), make(adaptive=False)
    per_class = [make(adaptive=False, things=(k,)) for k in (1, 2, 3)]
    context, *_ = scene()
    value = aim(context)["loss_things"]
    terms = torch.stack([one(context)["loss_things"] for one in per_class])
    torch.testing.assert_close(plain(context)["loss_things"], terms.sum())
    torch.testing.assert_close(value, (terms * aim.eta).sum())
    assert abs(value - terms.sum()) > 1e-3


def test_eta_is_clamped_against_nearly_equal_distances(monkeypatch):
    aim = make(momentum=0.0)
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
    aim, plain = (make(num_classes=2, mode=mode, adaptive=a) for a in (True, False))
    context, *_ = scene(classes=2)
    assert aim(context) == plain(context)
    assert aim.eta.tolist() == [1.0]


@pytest.mark.parametrize("where", ["source", "target", "both"])
def test_a_class_that_a_domain_lacks_adds_nothing(where):
    context, *_ = scene(seed=2)
    others, everything = make(adaptive=False, things=(1, 3)), make(adaptive=False)
    shift = torch.tensor([0.0, 0.0, -100.0, 0.0]).view(1, 4, 1, 1)
    for name in ("source", "target"):
        domain = getattr(context, name)
        if where in (name, "both"):
            domain.logits["decode"] = domain.logits["decode"] + shift
    expected, got = others(context), everything(context)
    torch.testing.assert_close(got, expected)
    assert total(got) > 0
    aim = make(momentum=0.0)
    aim.eta.fill_(3.0)
    assert torch.isfinite(total(aim(context)))
    assert aim.eta[1] == 3  # kept; the others are new
    assert (aim.eta[[0, 2]] != 3).all()


def test_an_empty_bank_gives_a_zero_in_the_graph():
    aim = make(min_fill=32)
    context, *_ = scene()
    losses = aim(context)
    assert losses["loss_things"] == 0
    assert losses["instances"] == 0
    (gradient,) = torch.autograd.grad(losses["loss_things"], context.target.feats[0])
    assert not gradient.any()


def test_a_class_is_used_once_it_holds_enough():
    aim = make(things=(1, 2), min_fill=3, adaptive=False)
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
    losses = make()(context)
    assert total(losses) == 0


def test_only_correct_predictions_of_labelled_cells_are_stored():
    aim = make(num_classes=2)
    predicted = torch.tensor([[[1, 1, 1, 0, 0]]])
    labels = torch.tensor([[[1, 255, 0, 1, 0]]])
    features = torch.arange(5.0).expand(1, D, 1, 5)
    source = domain_of(certain(predicted, 2), features, labels)
    aim(context_of(source, domain_of(certain(predicted, 2), features)))
    bank = aim.banks["things"]
    assert bank.filled.tolist() == [1]
    assert bank.features[0, 0].tolist() == [0.0] * D  # the first cell alone


def test_cells_without_data_hold_no_instances():
    context, *_ = scene()
    for domain in (context.source, context.target):
        size = domain.logits["decode"].shape[-2:]
        for sample in domain.samples:
            sample.valid = PixelData(data=torch.zeros(1, *size, dtype=torch.bool))
    aim = make()
    assert aim(context)["instances"] == 0
    assert not aim.banks["things"].filled.any()


def test_labels_are_those_at_the_cells_centres():
    """A label map three times the features' size."""
    aim = make(num_classes=2)
    labels = torch.zeros(1, 6, 6, dtype=torch.long)
    labels[0, 1, 4] = labels[0, 3, 3] = 1
    features = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).expand(1, D, 2, 2)
    logits = certain(torch.ones(1, 2, 2, dtype=torch.long), 2)
    aim(context_of(domain_of(logits, features, labels), domain_of(logits, features)))
    assert aim.banks["things"].filled.tolist() == [1]
    assert aim.banks["things"].features[0, 0, 0] == 2.0


class Head(nn.Module):
    """Classifies a feature by its first channel, and remembers how it was called."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(D, momentum=1.0)
        self.modes = []

    def forward(self, inputs):
        self.modes.append(self.norm.training)
        x = self.norm(inputs[-1])
        assert x.shape[-2:] == (1, 1)
        return torch.cat([-x[:, :1], x[:, :1]], 1)


def test_features_that_the_head_gets_wrong_are_not_stored():
    predicted = torch.tensor([[[1, 0, 1, 0, 1]]])
    features = torch.tensor([3.0, 0.0, -2.0, 0.0, 1.0]).expand(1, D, 1, 5)
    domain = domain_of(certain(predicted, 2), features, predicted)
    head = Head().train()
    head.norm.requires_grad_(False)
    for verify, stored in ((True, [3.0, 1.0]), (False, [3.0, -2.0, 1.0])):
        aim = make(num_classes=2, verify=verify)
        aim(context_of(domain, domain, decode_head=head))
        bank = aim.banks["things"]
        assert bank.features[0, : int(bank.filled), 0].tolist() == pytest.approx(stored, abs=1e-4)
    # Asked once, in evaluation mode, with its statistics and mode left as they were.
    assert head.modes == [False]
    assert head.norm.training
    assert not head.norm.running_mean.any()


def test_the_segmentors_head_reads_every_level_that_it_needs():
    """A head over two levels of different size; features are pooled at both."""
    config = segmentor_config(norm=BATCH_NORM)
    config["decode_head"].update(
        in_channels=[8, 64], in_index=[0, 3], input_transform="resize_concat"
    )
    aim = dict(type="AIM", num_classes=CLASSES, in_channels=64, things=(0, 1, 2), min_fill=1)
    model = build(config, alignments=dict(it=aim))
    losses = losses_of(model, batch())
    assert torch.isfinite(total(losses))
    filled = model.alignments["it"].banks["things"].filled
    with torch.no_grad():  # whatever it sees, the head now says class 2
        model.decode_head.conv_seg.bias.copy_(torch.tensor([0.0, 0.0, 1e4]))
    before = filled.clone()
    losses_of(model, batch())
    assert (filled - before).tolist()[:2] == [0, 0]
    assert filled[2] > before[2]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_does_not_change_what_half_precision_maps_give(dtype):
    context, *_ = scene(seed=4)
    half, exact = copy.copy(context), copy.copy(context)
    for part, cast in ((half, dtype), (exact, torch.float32)):
        for name in ("source", "target"):
            domain = copy.copy(getattr(context, name))
            domain.feats = [(300 * domain.feats[0].detach()).to(dtype).to(cast)]
            domain.logits = {"decode": domain.logits["decode"].detach().to(dtype).to(cast)}
            setattr(part, name, domain)
    expected = make(momentum=0.0)(exact)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = make(momentum=0.0)(half)
    torch.testing.assert_close(got, expected)


class Waits(TorchDispatchMode):
    """Counts operations that make a GPU's host wait: those whose result Python or a shape needs."""

    NAMES = ("_local_scalar_dense", "nonzero", "masked_select", "unique")

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = str(func).removeprefix("aten.")
        boolean = name.startswith("index") and any(
            isinstance(i, torch.Tensor) and i.dtype == torch.bool
            for arg in args[1:]
            for i in (arg if isinstance(arg, (list, tuple)) else [arg])
        )
        if name.startswith(self.NAMES) or boolean:
            self.seen.append(name)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("mode", ["flat", "pooled"])
def test_one_wait_for_the_device_per_iteration(monkeypatch, mode):
    """Label maps come to the CPU once; nothing else needs a value there."""
    copies = []
    cpu = torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "cpu", lambda x: copies.append(x.shape) or cpu(x))
    aim, (context, *_) = make(stuff=(0,), verify=True, mode=mode), scene()
    head = nn.Module()
    head.forward = lambda inputs: inputs[-1][:, :4]
    context.decode_head = head
    with Waits() as waits:
        total({k: v for k, v in aim(context).items() if "loss" in k}).backward()
    assert len(copies) == 1
    assert waits.seen == []
    with Waits() as waits:  # the count is able to fail
        aim.eta[aim.eta > 0].sum().item()
    assert len(waits.seen) == 2


def test_a_state_dict_continues_bit_by_bit():
    first, second = make(stuff=(0,), capacity=7), make(stuff=(0,), capacity=7)
    for seed in range(4):
        first(scene(seed=seed)[0])
    second.load_state_dict(first.state_dict(), strict=True)
    for seed in range(4, 6):
        one, other = (aim(scene(seed=seed)[0]) for aim in (first, second))
        assert {k: float(v) for k, v in one.items()} == {k: float(v) for k, v in other.items()}
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
        aim = make(
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(things=(1, 4)), r"of 0 to 3; got things \[1, 4\] and stuff \[\]"),
        (dict(things=(1, 2), stuff=(2,)), "each once"),
        (dict(things=()), "at least one class"),
        (dict(connectivity=6), "must be 4 or 8, got 6"),
        (dict(capacity=0), "must be 1 or more: {'capacity': 0}"),
        (dict(max_instances=0), "must be 1 or more: {'max_instances': 0}"),
        (dict(capacity=10, min_fill=32), "no more than 10 features.*Lower `min_fill`"),
        (dict(momentum=1.5), r"`momentum` in \[0, 1\], got 1.0, 0 and 1.5"),
        (dict(weight=-1.0), "must be 0 or more"),
        (dict(min_area=-1), "must be 0 or more"),
        (dict(mode="mean"), "AIM: unknown `mode` 'mean'"),
    ],
)
def test_wrong_settings_say_what_to_change(arguments, message):
    with pytest.raises(ConfigError, match=message):
        make(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(in_channels=5), "`in_channels` is 5, but the feature map of `index=-1` has 6"),
        (dict(num_classes=3), "`num_classes` is 3, but the decode head has 4 classes"),
        (dict(index=2), "`index` is 2, but the backbone gives 1 feature maps"),
    ],
)
def test_settings_that_do_not_fit_the_network_say_what_to_change(arguments, message):
    with pytest.raises(ConfigError, match=message):
        make(**arguments)(scene()[0])


def test_defaults_are_the_published_ones():
    aim = AIM(num_classes=3, in_channels=D)
    assert (aim.weight, aim.min_fill, aim.verify, aim.adaptive) == (1e-3, 32, True, True)
    assert aim.regions.things == (1, 2)
    assert (aim.regions.max_instances, aim.regions.connectivity, aim.regions.min_area) == (10, 8, 0)
    assert aim.banks["things"].features.shape == (2, 500, D)
    assert aim.banks.keys() == {"things"}
    assert AIM(3, D, things=(1,), stuff=(0,)).banks["stuff"].capacity == 50
