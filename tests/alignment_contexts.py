"""Contexts that hold given logits and features, without a network."""

from __future__ import annotations

from typing import Any

import torch
from model_samples import samples
from torch import Tensor

from mmda.models.alignments import DomainBatch, UDAContext


def domain_of(
    logits: Tensor, feats: Tensor | list[Tensor] | None = None, labels: Tensor | None = None
) -> DomainBatch:
    """Return a batch with ``logits`` (N, C, h, w); its images have the labels' or logits' size."""
    if labels is None:
        labels = torch.zeros(len(logits), *logits.shape[-2:], dtype=torch.long)
    images = torch.zeros(len(logits), 3, *labels.shape[-2:])
    levels = feats if isinstance(feats, list) else [logits if feats is None else feats]
    return DomainBatch(images, samples(labels), levels, {"decode": logits}, images)


def context_of(source: DomainBatch, target: DomainBatch, **kwargs: Any) -> UDAContext:
    """Return the context of a first iteration."""
    return UDAContext(source, target, step=0, **kwargs)


def certain(maps: Tensor, classes: int, scale: float = 5.0) -> Tensor:
    """Return logits (N, C, h, w) whose arg-max is ``maps`` (N, h, w)."""
    one_hot = torch.nn.functional.one_hot(maps, classes).permute(0, 3, 1, 2)
    return scale * one_hot.float()
