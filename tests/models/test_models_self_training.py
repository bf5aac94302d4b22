"""Self-training against a slow oracle, and class mixing."""

from __future__ import annotations

import math
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from model_samples import batch, build, losses_of

from mmda.errors import ConfigError
from mmda.models import SelfTraining
from mmda.models.alignments import DomainBatch, UDAContext
from mmda.models.alignments.self_training import class_mask


def context(maps: torch.Tensor, logits: torch.Tensor, **parts) -> UDAContext:
    images = torch.arange(2 * 3 * 16, dtype=torch.float32).view(2, 3, 4, 4)
    samples = [SegDataSample() for _ in images]
    target = DomainBatch(images, samples, images + 1, [], {"decode": logits})
    given = dict(source=None, segmentor=None, teacher=lambda weak: maps) | parts
    return UDAContext(target=target, step=0, **given)


def test_loss_counts_confident_pixels_over_all_pixels():
    generator = torch.Generator().manual_seed(0)
    teacher = (2 * torch.randn(2, 3, 4, 4, generator=generator)).softmax(1)
    logits = torch.randn(2, 3, 4, 4, generator=generator)
    losses = SelfTraining(threshold=0.7, weight=0.5)(context(teacher, logits))
    loss, confident = 0.0, 0
    for n in range(2):
        for y in range(4):
            for x in range(4):
                p = teacher[n, :, y, x].tolist()
                if max(p) >= 0.7:
                    confident += 1
                    q = logits[n, :, y, x].softmax(0).tolist()
                    loss -= math.log(q[p.index(max(p))])
    assert 0 < confident < 32
    assert float(losses["confident"]) == pytest.approx(confident / 32)
    assert float(losses["loss_self"]) == pytest.approx(0.5 * loss / 32, rel=1e-5)


def test_the_teacher_labels_the_weak_view():
    seen = []
    maps = torch.full((2, 3, 4, 4), 1 / 3)
    ctx = context(maps, torch.zeros(2, 3, 4, 4), teacher=lambda x: seen.append(x) or maps)
    SelfTraining()(ctx)
    assert len(seen) == 1
    assert torch.equal(seen[0], ctx.target.images + 1)


def test_mixing_pastes_source_pixels_with_their_labels():
    truth = torch.tensor([[0, 1, 255, 0]] * 4).repeat(2, 1, 1)
    teacher = torch.eye(3)[torch.full((2, 4, 4), 2)].permute(0, 3, 1, 2).clone()
    teacher[..., 1] = 1 / 3  # not confident where source pixels are pasted: they count all the same
    source = torch.full((2, 3, 4, 4), -7.0)
    samples = [SegDataSample(metainfo={"background": 0}) for _ in truth]
    domain = DomainBatch(source, samples, source, [], {})
    domain.labels = lambda: truth
    seen = []
    logits = torch.randn(2, 3, 4, 4)
    student = SimpleNamespace(
        extract_feat=lambda images: seen.append(images),
        decode_head=Mock(return_value=logits, align_corners=False),
    )
    ctx = context(teacher, torch.zeros(0), source=domain, segmentor=student)
    loss = SelfTraining(threshold=0.5, mix="class")(ctx)["loss_self"]
    pasted = truth == 1  # the only class that is neither background nor ignored
    assert torch.equal(seen[0], torch.where(pasted[:, None], source, ctx.target.images))
    labels = torch.where(pasted, truth, torch.full_like(truth, 2))
    torch.testing.assert_close(loss, F.cross_entropy(logits, labels))


def test_mixing_needs_crops_of_one_size():
    config = dict(type="SelfTraining", mix="class")
    model = build(alignments=dict(it=config), teacher=dict())
    with pytest.raises(ConfigError, match="equal crops"):
        losses_of(model, batch(source=(32, 48)))


@pytest.mark.parametrize(
    ("classes", "background", "chosen"),
    [
        ([0], 0, 1),
        ([0, 1], 0, 1),
        ([0, 1, 2], 0, 1),
        ([1, 2, 3], 0, 2),
        ([0, 1, 2, 3, 4, 5, 6], 0, 3),
        ([0, 1, 2], 1, 1),
        ([0, 1, 2], None, 2),
        ([], None, 0),
        ([], 0, 0),
    ],
)
def test_class_mask_takes_half_of_the_classes_and_never_ignore(classes, background, chosen):
    label = torch.tensor([*classes, 255]).repeat(5, 2)
    taken = set()
    for seed in range(20):
        torch.manual_seed(seed)
        mask = class_mask(label, background)
        inside = set(label[mask].tolist())
        assert len(inside) == chosen
        assert not inside & set(label[~mask].tolist())
        assert 255 not in inside
        taken |= inside
    assert taken == (set(classes) - {background} or set(classes))


def test_pixels_without_data_do_not_count():
    """Neither in the loss nor in the share of confident pixels."""
    generator = torch.Generator().manual_seed(0)
    teacher = (3 * torch.randn(2, 2, 4, 4, generator=generator)).softmax(1)
    logits = torch.randn(2, 2, 4, 4, generator=generator)
    ctx = context(teacher, logits)
    valid = torch.ones(2, 4, 4, dtype=torch.bool)
    valid[0, :2] = False  # half of one of two images
    ctx.target.samples[0].valid = PixelData(data=valid[:1])
    got = SelfTraining(threshold=0.9)(ctx)
    confidence, labels = teacher.max(1)
    sure = (confidence >= 0.9)[valid]
    entropy = F.cross_entropy(logits, labels, reduction="none")[valid]
    assert 0 < int(sure.sum()) < 24
    torch.testing.assert_close(got["confident"], sure.sum() / 24)
    torch.testing.assert_close(got["loss_self"], (entropy * sure).sum() / 24)


def test_source_pixels_without_data_are_not_pasted_and_pasted_pixels_count():
    truth = torch.ones(2, 4, 4, dtype=torch.long)  # one class, so that it is pasted
    source = torch.full((2, 3, 4, 4), -7.0)
    masks = torch.ones(2, 2, 4, 4, dtype=torch.bool)  # by domain and image
    masks[0, :, 2:], masks[1, :, :, 2:] = False, False
    domain = DomainBatch(source, [SegDataSample() for _ in truth], source, [], {})
    domain.labels = lambda: truth
    logits, seen = torch.randn(2, 3, 4, 4), []
    student = SimpleNamespace(
        extract_feat=lambda images: seen.append(images),
        decode_head=Mock(return_value=logits, align_corners=False),
    )
    teacher = torch.eye(3)[torch.full((2, 4, 4), 2)].permute(0, 3, 1, 2)
    ctx = context(teacher, torch.zeros(0), source=domain, segmentor=student)
    for part, parts in zip((domain, ctx.target_images), masks, strict=True):
        for sample, mask in zip(part.samples, parts, strict=True):
            sample.valid = PixelData(data=mask[None])
    loss = SelfTraining(threshold=0.5, mix="class")(ctx)["loss_self"]
    assert torch.equal((seen[0] == -7).all(1), masks[0])
    labels = torch.where(masks[0], 1, torch.where(masks[1], 2, 255))
    torch.testing.assert_close(loss, F.cross_entropy(logits, labels, ignore_index=255))
