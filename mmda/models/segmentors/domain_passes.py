"""How the student runs on the domains of an iteration."""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmda.models.alignments.base import segmentor_heads
from mmda.utils.recomputing import distributed_checkpointing, recomputed

Outputs: TypeAlias = tuple[list[Tensor], dict[str, Tensor]]
"""Feature maps, and logits by head."""


def features_and_logits(segmentor: Any, images: Tensor) -> Outputs:
    """Return a segmentor's feature maps and each head's logits for images (N, B, H, W)."""
    with distributed_checkpointing(segmentor):
        feats = list(segmentor.extract_feat(images))
        return feats, {name: head(feats) for name, head in segmentor_heads(segmentor).items()}


def run_domains(
    segmentor: nn.Module, images: dict[str, Tensor], recompute_first: bool = False
) -> dict[str, Outputs]:
    """Run a segmentor on each domain, in one pass where that gives the same result.

    Args:
        segmentor: The student.
        images: (N, B, H, W) by domain, of one or two domains.
        recompute_first: Whether the first domain's activations are computed again in the backward
            pass, which comes to them when those of the second are freed. Then there are two passes.
    """
    parts = list(images.values())
    if recompute_first:
        first, *others = images
        return {
            first: recomputed(segmentor, features_and_logits, segmentor, images[first]),
            **{name: features_and_logits(segmentor, images[name]) for name in others},
        }
    if len(parts) == 1 or parts[0].shape[1:] != parts[1].shape[1:] or mixes_domains(segmentor):
        return {name: features_and_logits(segmentor, part) for name, part in images.items()}
    feats, logits = features_and_logits(segmentor, torch.cat(parts))
    counts = [len(part) for part in parts]
    split_feats = [feat.split(counts) for feat in feats]
    split_logits = {head: value.split(counts) for head, value in logits.items()}
    return {
        name: (
            [feat[i] for feat in split_feats],
            {head: value[i] for head, value in split_logits.items()},
        )
        for i, name in enumerate(images)
    }


def mixes_domains(segmentor: nn.Module) -> bool:
    """Return whether a layer computes statistics over the batch, which mixes the domains."""
    return any(isinstance(m, _BatchNorm) and m.training for m in segmentor.modules())
