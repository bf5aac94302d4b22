"""The target's cross-entropy on pseudo-labels."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmda.errors import ConfigError
from mmda.models import PseudoLabels
from mmda.models.alignments import DomainBatch, UDAContext


def context(labels: list[torch.Tensor], **logits: torch.Tensor) -> UDAContext:
    samples = [SegDataSample(pseudo_sem_seg=PixelData(data=label[None])) for label in labels]
    images = torch.zeros(len(labels), 3, 4, 6)
    target = DomainBatch(images, samples, images, [], logits)
    return UDAContext(target, target, 0, None)


def random(seed: int, heads: tuple[str, ...] = ("decode",)) -> UDAContext:
    generator = torch.Generator().manual_seed(seed)
    labels = [torch.randint(0, 4, (4, 6), generator=generator) for _ in range(2)]
    labels = [torch.where(label == 3, 255, label) for label in labels]
    logits = {h: torch.randn(2, 3, 4, 6, generator=generator) for h in heads}
    return context(labels, **logits)


def test_mean_over_the_labelled_pixels():
    ctx = random(0)
    losses = PseudoLabels(weights=dict(decode=0.5))(ctx)
    total, count = 0.0, 0
    for sample, logits in zip(ctx.target.samples, ctx.target.logits["decode"], strict=True):
        for y in range(4):
            for x in range(6):
                label = int(sample.pseudo_sem_seg.data[0, y, x])
                if label != 255:
                    total -= float(logits[:, y, x].log_softmax(0)[label])
                    count += 1
    assert 0 < count < 48
    assert float(losses["decode.loss_pseudo"]) == pytest.approx(0.5 * total / count, rel=1e-5)
    assert float(losses["labelled"]) == pytest.approx(count / 48)


def test_balanced_labels_weigh_as_all_predictions_of_their_class():
    """A share of 0 or nearly 0 weighs no more than ten times."""
    ctx, alignment = random(0), PseudoLabels(balance=True)
    with pytest.raises(ConfigError, match="Add `dict\\(type='PseudoLabelHook'\\)`"):
        alignment(ctx)
    alignment.set_kept_shares([0.8, 0.5, 0.01])
    labels = torch.cat([s.pseudo_sem_seg.data for s in ctx.target.samples])
    weights = torch.tensor([1.25, 2.0, 10.0])
    expected = F.cross_entropy(ctx.target.logits["decode"], labels, weights, ignore_index=255)
    torch.testing.assert_close(alignment(ctx)["decode.loss_pseudo"], expected)
    alignment.set_kept_shares([0.8, 0.5, 0.0])
    assert alignment.class_weights.tolist() == [1.25, 2.0, 1.0]


def test_each_named_head_learns_with_its_weight():
    ctx = random(1, ("decode", "aux", "other"))
    losses = PseudoLabels(weights=dict(decode=1.0, aux=0.1))(ctx)
    assert set(losses) == {"decode.loss_pseudo", "aux.loss_pseudo", "labelled"}
    labels = torch.cat([s.pseudo_sem_seg.data for s in ctx.target.samples])
    for head, weight in (("decode", 1.0), ("aux", 0.1)):
        expected = weight * F.cross_entropy(ctx.target.logits[head], labels, ignore_index=255)
        torch.testing.assert_close(losses[f"{head}.loss_pseudo"], expected)


def test_without_any_label_the_loss_is_zero_and_connected():
    logits = torch.randn(1, 3, 4, 6, requires_grad=True)
    losses = PseudoLabels()(context([torch.full((4, 6), 255)], decode=logits))
    assert float(losses["decode.loss_pseudo"]) == 0
    losses["decode.loss_pseudo"].backward()
    assert not logits.grad.any()


def test_padding_counts_as_unlabelled():
    small, logits = torch.ones(3, 5, dtype=torch.long), torch.randn(1, 3, 4, 6)
    losses = PseudoLabels()(context([small], decode=logits))
    expected = F.cross_entropy(logits[..., :3, :5], small[None])
    torch.testing.assert_close(losses["decode.loss_pseudo"], expected)
    assert float(losses["labelled"]) == pytest.approx(15 / 24)


def test_before_the_second_step_the_samples_need_no_labels():
    ctx = random(2)
    for sample in ctx.target.samples:
        del sample.pseudo_sem_seg
    assert float(PseudoLabels(start=1)(ctx)["loss_inactive"]) == 0
    with pytest.raises(ConfigError, match="Put `LoadPseudoLabel` after `LoadTile`"):
        PseudoLabels()(ctx)


def test_wrong_heads_and_weights_are_refused():
    with pytest.raises(ConfigError, match=r"names the head `aux`, but the segmentor has \['dec"):
        PseudoLabels(weights=dict(aux=1.0))(random(3))
    for weights in ({}, dict(decode=0.0)):
        with pytest.raises(ConfigError, match="weights must be above 0"):
            PseudoLabels(weights=weights)
