"""ISIA's alignment: class vectors, gradients, switches and hard cases."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from alignment_contexts import certain, context_of, domain_of
from mmengine.structures import PixelData
from model_samples import batch, build, losses_of, segmentor_config, total

from mmda.errors import ConfigError
from mmda.models.alignments import ISIA
from mmda.models.losses import class_similarities, inter_class_loss, intra_class_loss
from mmda.models.segmentors.gradients import logit_gradients


def draw(n=2, c=3, size=(5, 6), seed=0, channels=None):
    """Random logits, or features."""
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(n, channels or c, *size, generator=generator)).requires_grad_()


def run(isia, source, target, feats=(None, None)):
    context = context_of(domain_of(source, feats[0]), domain_of(target, feats[1]))
    return isia(context)


def held(p):
    """Which classes the arg-max has, (N, C)."""
    return torch.stack([torch.tensor([k in m for k in range(p.shape[1])]) for m in p.argmax(1)])


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("c", [2, 5])
def test_flat_vectors_are_the_channels_of_the_softmax_maps(n, c):
    source, target = draw(n, c), draw(n, c, seed=1)
    losses = run(ISIA(weight=2.0, beta=3.0), source, target)
    p, q = source.softmax(1), target.softmax(1)
    masks = held(p), held(q)
    distances = (p - q).abs().mean((2, 3))
    expected_intra = 2 * intra_class_loss(distances, *masks)
    cosines = torch.stack(
        [
            torch.stack(
                [
                    torch.stack([F.cosine_similarity(a, b, dim=0) for b in q[i].flatten(1)])
                    for a in p[i].flatten(1)
                ]
            )
            for i in range(n)
        ]
    )
    expected_inter = 6 * inter_class_loss(0.5 + 0.5 * cosines, *masks)
    torch.testing.assert_close(losses["loss_intra"], expected_intra)
    torch.testing.assert_close(losses["loss_inter"], expected_inter)


def test_flat_resizes_the_target_to_the_sources_grid():
    source, target = draw(), draw(size=(10, 12), seed=1)
    p, q = source.softmax(1), F.interpolate(target.softmax(1), (5, 6), mode="bilinear")
    expected = intra_class_loss((p - q).abs().mean((2, 3)), held(p), held(q))
    losses = run(ISIA(weight=1.0), source, target)
    torch.testing.assert_close(losses["loss_intra"], expected)


@pytest.mark.parametrize("n", [1, 3])
def test_pooled_vectors_are_weighted_averages_over_the_batch(n):
    source, target = draw(n), draw(n, seed=1)
    feats = draw(n, channels=4, seed=2), draw(n, channels=4, seed=3)
    vectors = []
    for logits, features in zip((source, target), feats, strict=True):
        p = logits.softmax(1)
        rows = []
        for k in range(3):
            cells = [
                (p[i, k, y, x], features[i, :, y, x])
                for i in range(n)
                for y in range(5)
                for x in range(6)
            ]
            rows.append(sum(w * f for w, f in cells) / sum(w for w, _ in cells))
        vectors.append(torch.stack(rows)[None])
    assert held(source).any(0).all()
    assert held(target).any(0).all()
    everything = torch.ones(1, 3, dtype=torch.bool)
    expected = intra_class_loss((vectors[0] - vectors[1]).abs().mean(2), everything, everything)
    expected = expected + inter_class_loss(class_similarities(*vectors), everything, everything)
    value = total(run(ISIA(weight=1.0, mode="pooled", detach_source=False), source, target, feats))
    torch.testing.assert_close(value, expected)
    leaves = (source, target, *feats)
    got, want = (torch.autograd.grad(v, leaves, retain_graph=True) for v in (value, expected))
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-6)


def test_pooled_does_not_depend_on_where_things_are():
    """Turning the target's tile changes the flat loss and leaves the pooled one."""
    source, target = draw(size=(6, 6)), draw(size=(6, 6), seed=1)
    feats = draw(channels=4, size=(6, 6), seed=2), draw(channels=4, size=(6, 6), seed=3)
    turned = target.rot90(1, (2, 3)), feats[1].rot90(1, (2, 3))
    values = {}
    for mode in ("flat", "pooled"):
        isia = ISIA(weight=1.0, mode=mode)
        values[mode] = (
            total(run(isia, source, target, feats)),
            total(run(isia, source, turned[0], (feats[0], turned[1]))),
        )
    torch.testing.assert_close(*values["pooled"])
    assert abs(values["flat"][0] - values["flat"][1]) > 1e-3


def test_pooled_resizes_the_softmax_maps_to_the_features():
    logits, feats = draw(size=(4, 4)), draw(channels=2, size=(8, 8), seed=2)
    larger = F.interpolate(logits.softmax(1), (8, 8), mode="bilinear").log()
    isia = ISIA(mode="pooled", inter=False)
    other = draw(size=(8, 8), seed=1), draw(channels=2, size=(8, 8), seed=3)
    first = run(isia, other[0], logits, (other[1], feats))
    second = run(isia, other[0], larger, (other[1], feats))
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize("mode", ["flat", "pooled"])
@pytest.mark.parametrize("detach", [True, False])
def test_the_source_moves_only_if_it_is_not_detached(mode, detach):
    source, target = draw(), draw(seed=1)
    feats = draw(channels=4, seed=2), draw(channels=4, seed=3)
    for name, loss in run(ISIA(mode=mode, detach_source=detach), source, target, feats).items():
        grads = torch.autograd.grad(
            loss, (source, target, *feats), allow_unused=True, retain_graph=True
        )
        hit = [g is not None and bool(g.any()) for g in grads]
        pooled = mode == "pooled"
        expected = [not detach, True, not detach and pooled, pooled]
        assert hit == expected, name


@pytest.mark.parametrize("which", ["intra", "inter"])
def test_switches_leave_the_other_term_as_it_is(which):
    source, target = draw(), draw(seed=1)
    both = run(ISIA(), source, target)
    one = run(ISIA(**{which: False}), source, target)
    other = {"intra": "loss_inter", "inter": "loss_intra"}[which]
    assert one == {other: both[other]}


@pytest.mark.parametrize("mode", ["flat", "pooled"])
@pytest.mark.parametrize("where", ["source", "target", "both"])
def test_a_class_that_a_domain_lacks_is_skipped(mode, where):
    maps = torch.tensor([[[0, 0, 1], [1, 2, 2]]])
    without = maps.where(maps != 1, 2)
    labels = {"source": (without, maps), "target": (maps, without), "both": (without, without)}
    source, target = (certain(x, 3).requires_grad_() for x in labels[where])
    noise = 0.3 * torch.randn(1, 3, 2, 3, generator=torch.Generator().manual_seed(0))
    isia = ISIA(weight=1.0, mode=mode)
    losses = run(isia, source, target + noise)
    p, q = source.softmax(1), (target + noise).softmax(1)
    if mode == "flat":
        distances = (p - q).abs().mean((2, 3))[0]
    else:
        sums = [
            torch.einsum("ncx,ndx->cd", m.flatten(2), x.flatten(2))
            for m, x in ((p, source), (q, target + noise))
        ]
        means = [s / m.sum((0, 2, 3))[:, None] for s, m in zip(sums, (p, q), strict=True)]
        distances = (means[0] - means[1]).abs().mean(1)
    torch.testing.assert_close(losses["loss_intra"], (distances[0] + distances[2]) / 2)
    total(losses).backward()
    assert torch.isfinite(target.grad).all()


@pytest.mark.parametrize("mode", ["flat", "pooled"])
def test_domains_without_a_common_class_give_zero(mode):
    first, second = torch.zeros(1, 2, 2, dtype=torch.long), torch.ones(1, 2, 2, dtype=torch.long)
    target = certain(second, 2).requires_grad_()
    losses = run(ISIA(mode=mode), certain(first, 2), target)
    assert losses["loss_intra"] == 0
    assert losses["loss_inter"] > 0  # background against foreground is a pair of classes
    total(losses).backward()
    assert torch.isfinite(target.grad).all()


@pytest.mark.parametrize("mode", ["flat", "pooled"])
def test_cells_without_data_do_not_count(mode):
    """What the network says of padding changes nothing."""
    values = []
    for seed in (5, 6):
        source, target = draw(size=(4, 4)), draw(size=(4, 4), seed=1)
        feats = [draw(channels=2, size=(4, 4), seed=2), draw(channels=2, size=(4, 4), seed=3)]
        padding = draw(size=(4, 4), seed=seed)
        edge = torch.arange(4) >= 3
        target = torch.where(edge, padding, target)
        feats[1] = torch.where(edge, padding[:, :2], feats[1])
        context = context_of(domain_of(source, feats[0]), domain_of(target, feats[1]))
        for sample in context.target.samples:
            sample.valid = PixelData(data=~edge.expand(1, 4, 4))
        values.append(total(ISIA(weight=1.0, mode=mode)(context)))
    torch.testing.assert_close(*values)


@pytest.mark.parametrize("mode", ["flat", "pooled"])
def test_images_without_any_data_give_zero(mode):
    source, target = draw(), draw(seed=1)
    context = context_of(domain_of(source), domain_of(target))
    for sample in context.target.samples:
        sample.valid = PixelData(data=torch.zeros(1, 5, 6, dtype=torch.bool))
    losses = ISIA(mode=mode)(context)
    assert total(losses) == 0
    total(losses).backward()
    assert torch.isfinite(target.grad).all()


@pytest.mark.parametrize("mode", ["flat", "pooled"])
def test_a_repeated_pair_gives_the_losses_of_one(mode):
    source, target = draw(1), draw(1, seed=1)
    expected = run(ISIA(mode=mode), source, target)
    got = run(ISIA(mode=mode), source.expand(3, -1, -1, -1), target.expand(3, -1, -1, -1))
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("mode", ["flat", "pooled"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_does_not_change_what_half_precision_maps_give(mode, dtype):
    source, target = (draw(seed=s).detach().to(dtype) for s in range(2))
    feats = [(500 * draw(channels=64, seed=s)).detach().to(dtype) for s in (2, 3)]
    exact = run(ISIA(mode=mode), source.float(), target.float(), [f.float() for f in feats])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = run(ISIA(mode=mode), source, target, feats)
    torch.testing.assert_close(got, exact)


@pytest.fixture(scope="module")
def separate():
    return build(segmentor_config(), alignments=dict(it=dict(type="ISIA", separate_decoders=True)))


def test_the_source_decoder_is_trained_by_the_source_alone(separate):
    decoder = separate.alignments["it"].source_decoder
    losses = losses_of(separate, batch())
    parts = {
        "own": list(decoder.parameters()),
        "shared": list(separate.decode_head.parameters()),
        "encoder": list(separate.segmentor.backbone.parameters()),
    }
    reached = {}
    for name, loss in losses.items():
        if "loss" in name:
            for part, parameters in parts.items():
                grads = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
                reached[name, part] = any(g is not None and g.any() for g in grads)
    for name, own, shared in (
        ("it.decoder_loss_ce", True, False),
        ("it.loss_intra", False, True),
        ("it.loss_inter", False, True),
        ("decode.loss_ce", False, True),
    ):
        assert (reached[name, "own"], reached[name, "shared"]) == (own, shared), name
        assert reached[name, "encoder"], name


def test_separate_decoders_make_the_sources_vectors(separate):
    """The losses follow D_S, and the predictions do not."""
    model, data = copy.deepcopy(separate), batch()
    before = losses_of(model, data)
    with torch.no_grad():
        model.alignments["it"].source_decoder.conv_seg.weight.mul_(-3)
    after = losses_of(model, data)
    assert float(after["it.loss_intra"]) != float(before["it.loss_intra"])
    torch.testing.assert_close(after["decode.loss_ce"], before["decode.loss_ce"])
    predicted = [m.eval()(data["inputs"]["target"], mode="tensor") for m in (model, separate)]
    separate.train()
    torch.testing.assert_close(*predicted)


def test_separate_decoders_start_as_two_and_are_in_the_state(separate):
    decoder, head = separate.alignments["it"].source_decoder, separate.decode_head
    assert not torch.equal(decoder.conv_seg.weight, head.conv_seg.weight)
    assert "alignments.it.source_decoder.conv_seg.weight" in separate.state_dict()


def test_no_nan_in_200_random_cases():
    generator = torch.Generator().manual_seed(0)

    def pick(low, high):
        return int(torch.randint(low, high + 1, (), generator=generator))

    for case in range(200):
        c, n = pick(2, 6), pick(1, 3)
        size, other = [(pick(1, 8), pick(1, 8)) for _ in range(2)]
        scale = 10.0 ** pick(-3, 3)  # up to one-hot maps
        leaves = [
            (scale * torch.randn(n, channels, *s, generator=generator)).requires_grad_()
            for s, channels in ((size, c), (other, c), (size, 4), (other, 4))
        ]
        isia = ISIA(mode=("flat", "pooled")[case % 2], detach_source=bool(case % 3))
        value = total(run(isia, *leaves[:2], leaves[2:]))
        assert torch.isfinite(value), case
        value.backward()
        assert all(x.grad is None or torch.isfinite(x.grad).all() for x in leaves), case


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(weight=-1), "must be 0 or more, got -1 and 1.0"),
        (dict(intra=False, inter=False), "switch on `intra`, `inter` or both"),
        (dict(mode="mean"), r"unknown `mode` 'mean'; expected one of \('flat', 'pooled'\)"),
        (dict(separate_decoders=True, head="aux"), "Use `head='decode'`"),
    ],
)
def test_wrong_settings_say_what_to_change(arguments, message):
    with pytest.raises(ConfigError, match=message):
        ISIA(**arguments)


def test_wrong_heads_and_levels_say_what_there_is():
    with pytest.raises(ConfigError, match=r"`head` is `aux`, but the segmentor has \['decode'\]"):
        run(ISIA(head="aux"), draw(), draw())
    with pytest.raises(ConfigError, match=r"`index` is 4, but the backbone has 1 feature maps"):
        run(ISIA(mode="pooled", index=4), draw(), draw())


def test_defaults_are_the_published_ones():
    isia = ISIA()
    assert (isia.weight, isia.beta, isia.detach_source) == (1e-3, 1.0, True)
    assert isia.rule.mode == "flat"
    assert not isia.separate_decoders


def eq8(p, q, masks, beta):
    """Both terms of Eq. 8 for one pair of softmax maps (C, h, w), by loops over classes."""
    classes = range(len(p))
    vectors, theirs = p.flatten(1), q.flatten(1)
    intra = sum(
        (vectors[i] - theirs[i]).abs().sum() for i in classes if masks[0][i] and masks[1][i]
    )
    inter = sum(
        0.5 + 0.5 * vectors[i] @ theirs[k] / (vectors[i].norm() * theirs[k].norm())
        for i in classes
        for k in classes
        if i != k and masks[0][i] and masks[1][k]
    )
    return intra, beta * inter


@pytest.mark.parametrize(("reduction", "divisor"), [("sum", 1), ("released", 7)])
@pytest.mark.parametrize("n", [1, 2])
def test_sums_are_those_of_eq_8(reduction, divisor, n):
    source, target = draw(n), draw(n, seed=1)
    feats = draw(n, channels=7, seed=2), draw(n, channels=7, seed=3)
    losses = run(ISIA(weight=1.0, beta=3.0, reduction=reduction), source, target, feats)
    p, q = source.detach().softmax(1), target.softmax(1)
    masks = held(p), held(q)
    pairs = [eq8(p[i], q[i], [m[i] for m in masks], 3.0) for i in range(n)]
    for number, name in enumerate(("loss_intra", "loss_inter")):
        expected = sum(pair[number] for pair in pairs) / n / divisor
        torch.testing.assert_close(losses[name], expected)
        got, want = (
            torch.autograd.grad(x, target, retain_graph=True)[0] for x in (losses[name], expected)
        )
        torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-7)


def street_maps(seed=0):
    """Logits of both domains as in street scenes: 19 classes, 64 x 128 cells, blocks of 8."""
    generator = torch.Generator().manual_seed(seed)
    logits, labels = [], []
    for _ in range(2):
        blocks = torch.randint(0, 19, (1, 8, 16), generator=generator)
        labels.append(blocks.repeat_interleave(8, 1).repeat_interleave(8, 2))
        noise = torch.randn(1, 19, 64, 128, generator=generator)
        logits.append((certain(labels[-1], 19, 4.0) + noise).requires_grad_())
    return logits, labels[0]


def gradients(reduction: str, channels: int = 2048) -> dict[str, float]:
    (source, target), label = street_maps()
    feats = [torch.zeros(1, channels, 64, 128) for _ in range(2)]
    context = context_of(domain_of(source, feats[0], label), domain_of(target, feats[1], label))
    losses = ISIA(weight=1e-3, reduction=reduction)(context)
    losses["loss_ce"] = F.cross_entropy(source, label)
    return logit_gradients(context, losses)


def test_gradient_shares_on_maps_of_street_scenes():
    """At the published weight, the sums outweigh cross-entropy and the means are inert."""
    sums, means, released = (gradients(r) for r in ("sum", "mean", "released"))
    assert 1e-3 < sums["loss_ce"] < 2e-2
    assert sums["loss_intra"] > sums["loss_ce"]
    assert sums["loss_intra"] / sums["loss_inter"] > 50
    assert means["loss_intra"] < 1e-4 * means["loss_ce"]
    assert means["loss_intra"] < means["loss_inter"]
    for name in ("loss_intra", "loss_inter"):
        assert released[name] == pytest.approx(sums[name] / 2048, rel=1e-3)
    # 1.4e-5 is the adversarial term's gradient with a discriminator that has learnt.
    assert 1e-6 < released["loss_intra"] < 1e-4


def test_an_unknown_reduction_is_refused():
    with pytest.raises(ConfigError, match=r"unknown reduction `max`; expected"):
        ISIA(reduction="max")
