"""How the segmentor runs the domains: once, apart or not at all."""

from __future__ import annotations

import pytest
import torch
from alignment_cases import make
from model_samples import (
    BATCH_NORM,
    CLASSES,
    batch,
    build,
    losses_of,
    segmentor_config,
    total,
)

from mmda.errors import ConfigError
from mmda.models.alignments import DomainBatch
from mmda.models.segmentors import domain_passes
from mmda.testing import random_batch

ADVERSARIAL = dict(
    type="OutputAdversarial",
    num_classes=CLASSES,
    discriminator=dict(type="PixelDiscriminator", channels=4, num_layers=2),
)


def count_calls(module: torch.nn.Module) -> list[int]:
    """Return a list that grows by the batch size at each call of ``module``."""
    sizes: list[int] = []
    module.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
    return sizes


def gradients(model) -> dict[str, torch.Tensor]:
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def test_one_pass_equals_two(monkeypatch):
    results = []
    for apart in (False, True):
        model = build(segmentor_config(aux=True), alignments=dict(adv=ADVERSARIAL))
        if apart:
            monkeypatch.setattr(domain_passes, "mixes_domains", lambda _: True)
        sizes = count_calls(model.segmentor.backbone)
        losses = losses_of(model, batch(2))
        total(losses).backward()
        results.append((sizes, losses, gradients(model)))
    (one, losses, grads), (two, losses_apart, grads_apart) = results
    assert (one, two) == ([4], [2, 2])
    for name, value in losses.items():
        torch.testing.assert_close(value, losses_apart[name], rtol=1e-5, atol=1e-6)
    for name, value in grads.items():
        torch.testing.assert_close(value, grads_apart[name], rtol=1e-3, atol=1e-6)


def test_batch_norm_keeps_the_domains_apart():
    """The source's loss must not depend on the target's images, nor its statistics mix."""
    model = build(segmentor_config(BATCH_NORM), alignments=dict(adv=ADVERSARIAL))
    sizes = count_calls(model.segmentor.backbone)
    data = batch(2)
    first = losses_of(model, data)["decode.loss_ce"]
    data["inputs"]["target"] = 100 * data["inputs"]["target"] + 50
    second = losses_of(model, data)["decode.loss_ce"]
    assert torch.equal(first, second)
    assert sizes == [2, 2, 2, 2]


def test_frozen_batch_norm_allows_one_pass():
    model = build(segmentor_config(BATCH_NORM), alignments=dict(adv=ADVERSARIAL))
    for module in model.segmentor.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    sizes = count_calls(model.segmentor.backbone)
    losses_of(model, batch(2))
    assert sizes == [4]


def test_crops_of_different_size_run_apart():
    model = build(alignments=dict(adv=ADVERSARIAL))
    sizes = count_calls(model.segmentor.backbone)
    losses_of(model, batch(2, source=(32, 48), target=(48, 32)))
    assert sizes == [2, 2]


@pytest.mark.parametrize("target", [None, (32, 32)], ids=["absent", "present"])
def test_source_only_never_runs_the_target(target):
    model = build()
    sizes = count_calls(model.segmentor.backbone)
    total(losses_of(model, batch(2, target=target))).backward()
    assert sizes == [2]


def test_mixing_runs_the_student_on_mixed_images_alone():
    model = build(
        alignments=dict(st=dict(type="SelfTraining", threshold=0.0, mix="class")),
        teacher=dict(momentum=0.9),
    )
    student, teacher = (count_calls(m.backbone) for m in (model.segmentor, model.teacher.segmentor))
    losses_of(model, batch(2))
    assert (student, teacher) == ([2, 2], [2])


def test_a_missing_target_domain_is_a_clear_error():
    model = build(alignments=dict(adv=ADVERSARIAL))
    with pytest.raises(ConfigError, match="need the target domain"):
        losses_of(model, batch(2, target=None))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(alignments=dict(st=dict(type="SelfTraining"))), "has none. Add `teacher="),
        (dict(evaluate="teacher"), "has none. Add `teacher="),
        (dict(evaluate="both"), "`student` or `teacher`, got `both`"),
        (dict(teacher=dict(momentum=1.5)), "must be in"),
        (dict(alignments=dict(a=dict(ADVERSARIAL, start=-1))), "0 or more"),
        (dict(alignments=dict(a=dict(ADVERSARIAL, weights={}))), "at least one"),
        (dict(alignments=dict(a=dict(ADVERSARIAL, maps="logits"))), "unknown maps `logits`"),
        (
            dict(teacher=dict(), alignments=dict(a=dict(type="SelfTraining", threshold=2))),
            "must be in",
        ),
    ],
)
def test_impossible_arguments(arguments, message):
    with pytest.raises(ConfigError, match=message):
        build(**arguments)


def test_a_level_without_head_is_a_clear_error():
    with pytest.raises(ConfigError, match="no head `aux`"):
        build(alignments=dict(adv=dict(ADVERSARIAL, weights=dict(decode=1.0, aux=1.0))))


def test_other_classes_than_the_heads_are_a_clear_error():
    with pytest.raises(ConfigError, match="`num_classes` is 7, but the head `decode` has 3"):
        build(alignments=dict(adv=dict(ADVERSARIAL, num_classes=7)))


def test_maps_too_small_for_the_discriminator_are_a_clear_error():
    discriminator = dict(type="PixelDiscriminator", channels=2, num_layers=5)
    config = dict(ADVERSARIAL, discriminator=discriminator, input_scale=0.5)
    with pytest.raises(ConfigError, match=r"at least 32 pixels, got \(16, 16\)"):
        losses_of(build(alignments=dict(adv=config)), batch(1))


@pytest.mark.parametrize("small", ["source", "target"])
@pytest.mark.parametrize("name", ["OutputAdversarial", "DomainReversal", "GroupAlignment", "CLAN"])
def test_maps_of_either_domain_are_refused_where_they_are_too_small(name, small):
    model = make(name, 0 if name != "DomainReversal" else 1)
    sizes = {"source": (32, 32), "target": (32, 32), small: (2, 32)}
    with pytest.raises(ConfigError, match=r"needs maps of at least 4 pixels, got \([12], "):
        losses_of(model, random_batch(1, **sizes))


def test_maps_are_upsampled_and_normalised_once(monkeypatch):
    calls = []
    interpolate = torch.nn.functional.interpolate
    monkeypatch.setattr(
        torch.nn.functional, "interpolate", lambda *a, **k: calls.append(1) or interpolate(*a, **k)
    )
    logits = torch.randn(1, CLASSES, 4, 4, requires_grad=True)
    domain = DomainBatch(torch.zeros(1, 3, 8, 8), [], torch.zeros(1), [], {"decode": logits})
    assert domain.upsampled() is domain.upsampled()
    assert domain.probabilities() is domain.probabilities()
    assert len(calls) == 1
    assert domain.probabilities(scale=0.5).shape[-2:] == (4, 4)
    assert domain.probabilities(scale=0.5) is not domain.probabilities()
    assert len(calls) == 1  # 4 x 4 is the logits' own size
    expected = interpolate(logits, (8, 8), mode="bilinear", align_corners=False).softmax(1)
    assert torch.equal(domain.probabilities(), expected)


def test_two_adversarial_alignments_share_one_upsampling(monkeypatch):
    config = dict(ADVERSARIAL, num_classes=CLASSES)
    seen = []
    probabilities = DomainBatch.probabilities
    monkeypatch.setattr(
        DomainBatch,
        "probabilities",
        lambda self, *a: seen.append(probabilities(self, *a)) or seen[-1],
    )
    losses_of(build(alignments=dict(a=config, b=config)), batch(1))
    assert [seen[0] is seen[2], seen[1] is seen[3], seen[0] is seen[1]] == [True, True, False]


def test_an_alignment_starts_at_its_step():
    model = build(alignments=dict(adv=dict(ADVERSARIAL, start=3)))
    for step, active in ((2, False), (3, True), (4, True)):
        assert ("adv.decode.loss_adv" in losses_of(model, batch(1), step)) is active


def test_predictions_come_from_the_chosen_network():
    images = torch.randn(1, 3, 32, 32)
    for evaluate in ("student", "teacher"):
        model = build(teacher=dict(), evaluate=evaluate).eval()
        before = model(images, mode="tensor")
        with torch.no_grad():
            model.segmentor.decode_head.conv_seg.bias += 1
        changed = not torch.equal(before, model(images, mode="tensor"))
        assert changed is (evaluate == "student")
