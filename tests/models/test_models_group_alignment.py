"""CDGA's alignment: its terms, their gradients, and hard cases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from alignment_cases import with_fitted_groups
from model_samples import CLASSES, batch, build, losses_of, segmentor_config, total

from mmda.errors import ConfigError
from mmda.models.alignments import (
    DomainBatch,
    GroupAlignment,
    UDAContext,
    frozen,
    group_alignment,
)
from mmda.models.losses import discriminator_condition, gan_loss
from mmda.registry import MODELS

DISCRIMINATOR = dict(channels=4, num_layers=2)
TERMS = ("co", "orth", "cadv", "cl")


def make(**kwargs):
    config = dict(type="GroupAlignment", num_classes=CLASSES, discriminator=DISCRIMINATOR)
    return build(segmentor_config(), alignments=dict(it=config | kwargs))


def only(*terms):
    """Weights of 1 for ``terms`` and 0 for the others."""
    return {term: float(term in terms) for term in TERMS}


def own(model, data=None):
    losses = losses_of(model, data or batch())
    return {k.removeprefix("it."): v for k, v in losses.items() if k.startswith("it.")}


def grouped(model, data):
    """The alignment's GroupedDomain of each domain, as the model computes it."""
    context = model.context(**data, step=0)
    return [model.alignments["it"].group(d) for d in (context.source, context.target)]


@pytest.mark.parametrize("term", TERMS)
def test_a_weight_of_zero_switches_a_term_off_and_one_scales_it(term):
    off = {t: 0.0 for t in TERMS if t != term}
    names = {f"loss_{term}"} | ({"loss_dis", "acc_dis"} if term == "cadv" else set())
    one, two = (own(make(weights=off | {term: weight})) for weight in (1.0, 2.0))
    assert set(one) == set(two) == names
    torch.testing.assert_close(two[f"loss_{term}"], 2 * one[f"loss_{term}"])
    if term == "cadv":
        assert float(two["loss_dis"]) == float(one["loss_dis"])


def test_without_cadv_there_is_no_discriminator():
    assert not hasattr(make(weights=dict(cadv=0)).alignments["it"], "discriminator")


def test_default_weights_are_the_published_ones():
    alignment = MODELS.build(dict(type="GroupAlignment", num_classes=19))
    assert alignment.weights == dict(co=1e-3, orth=1e-3, cadv=1e-3, cl=1e-4)
    assert alignment.grouping.num_groups == 8
    assert alignment.threshold == 0.05


@pytest.mark.parametrize(("classes", "groups"), [(2, 2), (6, 6), (19, 8)])
def test_default_number_of_groups(classes, groups):
    alignment = MODELS.build(dict(type="GroupAlignment", num_classes=classes))
    assert alignment.grouping.num_groups == groups


@pytest.mark.parametrize("told", ["own", "shared"])
def test_terms_equal_the_formulas_over_the_group_maps(told):
    model, data = make(weights=only(*TERMS), num_groups=2, condition=told), batch(3)
    it = model.alignments["it"]
    source, target = grouped(model, data)
    f = [d.groups[:, :, None] * d.probabilities[:, None] for d in (source, target)]
    q = [maps.mean((0, 3, 4)) for maps in f]
    expected = {"loss_co": (q[0] - q[1]).square().sum()}
    cosines = [torch.cosine_similarity(x[0], x[1], dim=0) for x in q]
    expected["loss_orth"] = sum(cosines)
    m = [maps.amax((0, 3, 4)) for maps in f]  # over the batch too
    logs = m[1].clamp(min=1e-6).log()
    expected["loss_cl"] = -(logs * (m[0] >= 0.05)).sum()
    mean = (q[0] + q[1]) / 2  # of both domains, the same for each sample
    shared = (mean / mean.sum(1, keepdim=True)).expand(3, -1, -1)
    logits = [
        it.discriminator(
            d.probabilities,
            d.groups,
            shared if told == "shared" else discriminator_condition(maps.mean((3, 4))),
        )
        for d, maps in zip((source, target), f, strict=True)
    ]
    per_group = [
        [gan_loss(x[:, k], label) for k in range(2)]
        for x, label in ((logits[0], 0.0), (logits[1], 1.0), (logits[1], 0.0))
    ]
    expected["loss_dis"] = 0.5 * (sum(per_group[0]) + sum(per_group[1]))
    expected["loss_cadv"] = sum(per_group[2])
    shares = [(logits[0] < 0).float().mean(), (logits[1] > 0).float().mean()]
    expected["acc_dis"] = 50 * sum(shares)
    losses = own(model, data)
    assert set(losses) == set(expected)
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "source", "target", "grouping", "discriminator"),
    [
        ("loss_co", True, True, True, False),
        ("loss_orth", True, True, True, False),
        ("loss_cadv", False, True, True, False),
        ("loss_cl", False, True, True, False),
        ("loss_dis", False, False, False, True),
    ],
)
def test_each_term_reaches_exactly_its_parameters(name, source, target, grouping, discriminator):
    """Adversarial and class-equivalence terms train on the target alone (the source is a label)."""
    model, data = make(weights=only(*TERMS)), batch()
    context = model.context(**data, step=0)
    domains = [domain.logits["decode"] for domain in (context.source, context.target)]
    parts = {
        "grouping": list(model.alignments["it"].grouping.parameters()),
        "discriminator": list(model.alignments["it"].discriminator.parameters()),
    }
    loss = model.alignments["it"](context)[name]
    leaves = [*domains, *parts["grouping"], *parts["discriminator"]]
    grads = torch.autograd.grad(loss, leaves, allow_unused=True)
    hit = [g is not None and bool(g.any()) for g in grads]
    count = len(parts["grouping"])
    assert (hit[0], hit[1]) == (source, target)
    # A bias before batch norm has no effect, so not every single tensor of the head is reached.
    assert any(hit[2 : 2 + count]) == grouping
    assert all(hit[2 + count :]) == any(hit[2 + count :]) == discriminator


def test_the_grouping_may_be_left_to_the_other_terms():
    """Then ``cadv`` has the same value and gradient in the maps, and none in the grouping."""
    found = []
    for adversarial_grouping in (True, False):
        model = make(weights=only("cadv"), adversarial_grouping=adversarial_grouping)
        data = batch()
        it = model.alignments["it"]
        context = model.context(**data, step=0)
        loss = it(context)["loss_cadv"]
        leaves = [context.target.logits["decode"], *it.grouping.parameters()]
        found.append((loss, torch.autograd.grad(loss, leaves), dict(it.grouping.named_buffers())))
    (published, theirs, statistics), (loss, ours, same_statistics) = found
    torch.testing.assert_close(loss, published)
    torch.testing.assert_close(ours[0], theirs[0])
    assert ours[0].any()
    assert any(gradient.any() for gradient in theirs[1:])
    assert not any(gradient.any() for gradient in ours[1:])
    torch.testing.assert_close(statistics, same_statistics)


@pytest.mark.parametrize("kind", ["KMeansGrouping", "NMFGrouping"])
def test_a_grouping_without_weights_is_left_alone_anyway(kind):
    """The loss is the same either way, and each domain is assigned once."""
    found = []
    for adversarial_grouping in (True, False):
        model = make(
            weights=only("cadv"),
            adversarial_grouping=adversarial_grouping,
            grouping=dict(type=kind, in_channels=64),
        )
        with_fitted_groups(model)
        data, calls = batch(), []
        it = model.alignments["it"]
        it.grouping.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        context = model.context(**data, step=0)
        loss = it(context)["loss_cadv"]
        found.append((loss, *torch.autograd.grad(loss, [context.target.logits["decode"]])))
        assert len(calls) == 2
    torch.testing.assert_close(*found)
    assert found[0][1].any()


def test_the_condition_carries_no_gradient():
    """The gradient equals that of a discriminator whose condition is a constant."""
    model, data = make(weights=only("cadv")), batch()
    it = model.alignments["it"]
    context = model.context(**data, step=0)
    target = it.group(context.target)
    constant = discriminator_condition(target.distributions.clone())
    with frozen(it.discriminator):
        logits = it.discriminator(target.probabilities, target.groups, constant)
    expected = sum(gan_loss(logits[:, k], 0.0) for k in range(CLASSES))
    leaf = context.target.logits["decode"]
    loss = it(context)["loss_cadv"]
    (got,) = torch.autograd.grad(loss, leaf, retain_graph=True)
    (want,) = torch.autograd.grad(expected, leaf)
    torch.testing.assert_close(got, want)
    assert want.any()


@pytest.mark.parametrize("n", [1, 3])
def test_a_repeated_pair_gives_the_losses_of_one(n):
    model = make(weights=only(*TERMS), grouping=dict(norm_cfg=None))
    one = batch(1)
    many = {
        "inputs": {d: x.repeat(n, 1, 1, 1) for d, x in one["inputs"].items()},
        "data_samples": {d: s * n for d, s in one["data_samples"].items()},
    }
    expected, got = own(model, one), own(model, many)
    for name, value in expected.items():
        torch.testing.assert_close(got[name], value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("which", ["source", "target", "both"])
def test_a_class_that_is_absent_and_a_group_that_is_empty_are_harmless(which):
    model, data = make(weights=only(*TERMS)), batch()
    context = model.context(**data, step=0)
    shift = torch.tensor([0.0, -200.0, 0.0]).view(1, 3, 1, 1)
    for name in ("source", "target"):
        if which in (name, "both"):
            domain = getattr(context, name)
            domain.logits["decode"] = domain.logits["decode"] + shift
    with torch.no_grad():  # group 0 gets no pixel
        model.alignments["it"].grouping.layers[3].bias[0] = -200.0
    losses = model.alignments["it"](context)
    assert all(torch.isfinite(v) for v in losses.values())
    total(losses).backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in model.parameters())


@pytest.mark.parametrize("first", [0, 1])
def test_a_crop_is_not_asked_for_the_classes_of_another(first):
    """Each domain has a crop of class 0 and one of class 1, paired crosswise."""
    it = GroupAlignment(2, 1, only("cl"), grouping=dict(norm_cfg=None))
    zero, one = (torch.tensor(x).view(2, 1, 1).expand(2, 8, 8) for x in ((4.0, -4.0), (-4.0, 4.0)))
    source, target = torch.stack([one, zero]), torch.stack([zero, one]).requires_grad_()
    if first:
        source, target = source.flip(0), target.flip(0).detach().requires_grad_()
    loss = it(context_of([source, target]))["loss_cl"]
    loss.backward()
    assert float(loss) < 0.01
    assert float(target.grad.abs().sum()) < 0.01
    missing = it(context_of([source, torch.stack([zero, zero])]))["loss_cl"]
    assert float(missing) > 5


@pytest.mark.parametrize("told", ["own", "shared"])
def test_hooks_see_what_the_discriminator_is_told(told, monkeypatch):
    model = make(condition=told)
    seen = []
    discriminator = model.alignments["it"].discriminator
    forward = discriminator.forward
    monkeypatch.setattr(discriminator, "forward", lambda *x: seen.append(x[2]) or forward(*x))
    own(model)
    generator, source, target = seen
    latest = model.alignments["it"].latest
    torch.testing.assert_close(latest["source"].condition, source, rtol=0, atol=0)
    torch.testing.assert_close(latest["target"].condition, target, rtol=0, atol=0)
    torch.testing.assert_close(generator, target, rtol=0, atol=0)
    assert torch.equal(source, target) == (told == "shared")


def test_all_ignore_labels_leave_the_alignment_as_it_is():
    expected = own(make(), batch())
    data = batch()
    for sample in data["data_samples"]["source"]:
        sample.gt_sem_seg.data.fill_(255)
    got = own(make(), data)
    assert {k: float(v) for k, v in got.items()} == {k: float(v) for k, v in expected.items()}


def test_no_nan_in_random_cases_under_anomaly_detection():
    # Anomaly detection keeps the stack of each operation: in a thread it is short.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(run_random_cases, 48).result()


def run_random_cases(count):
    generator = torch.Generator().manual_seed(0)

    def draw(low, high):
        return int(torch.randint(low, high + 1, (), generator=generator))

    for case in range(count):
        c, n, k = draw(2, 6), draw(1, 3), draw(1, 8)
        size = draw(4, 12), draw(4, 12)
        scale = 10.0 ** draw(-3, 3)  # up to one-hot maps and dead groups
        torch.manual_seed(case)
        it = GroupAlignment(
            c,
            k,
            only(*TERMS),
            discriminator=dict(channels=2, num_layers=2),
            threshold=0.3,
            condition=("own", "shared")[case % 2],
            adversarial_grouping=case % 3 > 0,
        )
        leaves = [(torch.randn(n, c, *size) * scale).requires_grad_() for _ in range(2)]
        with torch.autograd.set_detect_anomaly(True):
            value = total(it(context_of(leaves)))
            assert torch.isfinite(value), case
            value.backward()
        for tensor in [*leaves, *it.parameters()]:
            assert tensor.grad is None or torch.isfinite(tensor.grad).all(), case


def context_of(logits):
    """A context that holds logits alone."""
    batches = []
    for x in logits:
        images = x.new_zeros(len(x), 3, *x.shape[-2:])
        batches.append(DomainBatch(images, [], images, [images], {"decode": x}))
    return UDAContext(*batches, 0, None)


@pytest.mark.parametrize("weights", [dict(), dict(orth=0)])
def test_more_groups_than_classes_warns(monkeypatch, weights):
    said = []
    monkeypatch.setattr(group_alignment, "print_log", lambda text, *_: said.append(text))
    GroupAlignment(2, 2, weights)
    assert said == []
    GroupAlignment(2, 5, weights)
    assert len(said) == 1
    assert "5 groups for 2 classes" in said[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(num_groups=0), "whole number of 1 or more, got 0"),
        (dict(num_groups="8"), "whole number of 1 or more, got '8'"),
        (dict(num_groups=2.5), "whole number of 1 or more, got 2.5"),
        (dict(weights=dict(adv=1)), r"unknown weights \['adv'\]; expected"),
        (dict(weights=dict(co=-1)), "must be numbers of 0 or more"),
        (dict(weights=dict(co=None)), "must be numbers of 0 or more"),
        (dict(weights=dict(co=float("nan"))), "must be numbers of 0 or more"),
        (dict(weights=only()), "at least one of them above 0"),
        (dict(gan="wgan"), "Unknown adversarial loss `wgan`"),
        (dict(condition="source"), "`condition` must be one of own, shared, got source"),
        (dict(threshold=5), r"must be in \[0, 1\], got 5"),
        (dict(input_scale=0), "above 0 and at most 4, got 0"),
        (dict(grouping="KMeansGrouping"), "`grouping` must be a dict"),
        (dict(grouping=dict(num_groups=3)), "without `num_groups`"),
        (dict(grouping=dict(type="KMeansGrouping")), "`KMeansGrouping` needs `in_channels`"),
        (dict(grouping=dict(type="Spectral")), r"unknown grouping `Spectral`.*GroupHead"),
        (dict(discriminator=dict(type="PixelDiscriminator")), "must be a ConditionalDiscr"),
    ],
)
def test_wrong_settings_say_what_to_change(arguments, message):
    with pytest.raises(ConfigError, match=message):
        GroupAlignment(CLASSES, **arguments)


def test_mismatched_classes_and_heads_are_told_before_training():
    with pytest.raises(ConfigError, match=r"`num_classes` is 5, but the head `decode` has 3"):
        make(num_classes=5, start=1000)
    with pytest.raises(ConfigError, match=r"no head `aux`; the segmentor has \['decode'\]"):
        make(head="aux", start=1000)


def test_groups_that_nothing_fits_are_refused():
    model = make(grouping=dict(type="KMeansGrouping", in_channels=64))
    with pytest.raises(ConfigError, match="GroupingRefreshHook"):
        own(model)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_mixed_precision_keeps_the_terms_of_a_large_image(dtype):
    """A group of more than 65504 pixels overflows a sum in float16."""
    torch.manual_seed(0)
    it = GroupAlignment(2, 2, only("co", "orth", "cl"), grouping=dict(norm_cfg=None))
    logits = [torch.randn(1, 2, 300, 300) - torch.tensor([4.0, 0.0]).view(1, 2, 1, 1) for _ in "ab"]
    leaves = [x.requires_grad_() for x in logits]
    exact = it(context_of(leaves))
    with torch.autocast("cpu", dtype=dtype):
        lowered = it(context_of(leaves))
        total(lowered).backward()
    for name, value in exact.items():
        assert float(lowered[name]) == pytest.approx(float(value), rel=0.02, abs=1e-5), name
    assert all(torch.isfinite(x.grad).all() for x in leaves)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_mixed_precision_keeps_the_adversarial_terms_finite(dtype):
    model = make(weights=only(*TERMS))
    with torch.autocast("cpu", dtype=dtype):
        losses = own(model)
    exact = own(model)
    for name, value in exact.items():
        assert float(losses[name]) == pytest.approx(float(value), rel=0.05, abs=1e-2), name


def test_too_small_maps_are_refused():
    with pytest.raises(ConfigError, match=r"needs maps of at least 32 pixels, got \(16, 16\)"):
        own(make(discriminator=dict(channels=4), input_scale=0.5))
