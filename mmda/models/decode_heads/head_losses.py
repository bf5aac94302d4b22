"""The segmentation loss of a decode head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.losses import CrossEntropyLoss
from torch import Tensor, nn


def head_losses(head: Any, logits: Tensor, samples: Sequence) -> dict[str, Tensor]:
    """Return the losses of a head's logits against the labels, and the accuracy.

    The values are those of the head's ``loss_by_feat``, which waits for the device several times:
    for the number of pixels that count and for the accuracy. Here nothing waits. Heads that have a
    ``loss_by_feat`` of their own, or sample pixels, use it.

    Args:
        head: A decode head of MMSegmentation.
        logits: Its logits (N, C, h, w).
        samples: The samples with the labels.

    Returns:
        Losses by their names, and ``acc_seg`` in percent.
    """
    own = type(head).loss_by_feat is not BaseDecodeHead.loss_by_feat
    if own or head.sampler is not None:
        return head.loss_by_feat(logits, samples)
    labels = torch.cat([sample.gt_sem_seg.data for sample in samples])
    size = tuple(labels.shape[-2:])
    logits = F.interpolate(logits, size, mode="bilinear", align_corners=head.align_corners)
    counted = labels != head.ignore_index
    terms = head.loss_decode
    losses: dict[str, Tensor] = {}
    for term in terms if isinstance(terms, nn.ModuleList) else [terms]:
        count = dict(avg_factor=counted.sum()) if _divides_by_counted(term) else {}
        loss = term(logits, labels, ignore_index=head.ignore_index, **count)
        name = str(term.loss_name)
        losses[name] = losses[name] + loss if name in losses else loss
    losses["acc_seg"] = _accuracy(logits, labels, counted)
    return losses


def _divides_by_counted(term: Any) -> bool:
    """Return whether a loss is a plain mean over the pixels that are not ignored."""
    return (
        type(term) is CrossEntropyLoss
        and term.avg_non_ignore
        and term.class_weight is None
        and term.reduction == "mean"
        and not (term.use_sigmoid or term.use_mask)
    )


@torch.no_grad()
def _accuracy(logits: Tensor, labels: Tensor, counted: Tensor) -> Tensor:
    """Return the share of counted pixels whose largest logit is that of the label, in percent."""
    correct = (logits.argmax(1) == labels) & counted
    eps = torch.finfo(torch.float32).eps  # as in MMSegmentation: 100 where nothing counts
    return 100 * (correct.sum() + eps) / (counted.sum() + eps)
