"""Contexts that hold given logits and features, without a network."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from model_samples import samples
from torch import Tensor

from mmda.models.alignments import AIM, DomainBatch, UDAContext

CHANNELS = 6  # of the features of a scene


def domain_of(
    logits: Tensor, feats: Tensor | list[Tensor] | None = None, labels: Tensor | None = None
) -> DomainBatch:
    """Return a batch with ``logits`` (N, C, h, w); its images have the labels' or logits' size."""
    if labels is None:
        labels = torch.zeros(len(logits), *logits.shape[-2:], dtype=torch.long)
    images = torch.zeros(len(logits), 3, *labels.shape[-2:])
    levels = feats if isinstance(feats, list) else [logits if feats is None else feats]
    return DomainBatch(images, samples(labels), images, levels, {"decode": logits})


def context_of(source: DomainBatch, target: DomainBatch, decode_head: Any = None) -> UDAContext:
    """Return the context of a first iteration."""
    return UDAContext(source, target, 0, SimpleNamespace(decode_head=decode_head))


def certain(maps: Tensor, classes: int, scale: float = 5.0) -> Tensor:
    """Return logits (N, C, h, w) whose arg-max is ``maps`` (N, h, w)."""
    one_hot = torch.nn.functional.one_hot(maps, classes).permute(0, 3, 1, 2)
    return scale * one_hot.float()


def blobs(n: int, classes: int, size: tuple[int, int], seed: int) -> Tensor:
    """Random label maps with regions of several cells."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randint(0, classes, (n, -(-size[0] // 2), -(-size[1] // 2)), generator=generator)
    return coarse.repeat_interleave(2, 1).repeat_interleave(2, 2)[:, : size[0], : size[1]]


def scene(
    n: int = 2,
    classes: int = 4,
    size: tuple[int, int] = (9, 8),
    other: tuple[int, int] = (7, 10),
    seed: int = 0,
) -> tuple[UDAContext, Tensor, Tensor]:
    """A context whose predictions and labels are blobs, and its label maps: S agreed, T."""
    generator = torch.Generator().manual_seed(seed + 1000)
    truth, target = blobs(n, classes, size, seed), blobs(n, classes, other, seed + 1)
    predicted = truth.where(torch.rand(truth.shape, generator=generator) < 0.8, 0)
    feats = [
        torch.randn(n, CHANNELS, *shape, generator=generator).requires_grad_()
        for shape in (size, other)
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


def make_aim(**kwargs: Any) -> AIM:
    """Return an AIM that fits ``scene`` and matches from the first iteration on."""
    return AIM(
        **dict(num_classes=4, in_channels=CHANNELS, verify=False, min_fill=1, weight=1.0) | kwargs
    )
