"""What a translation may not change: how a frozen segmentor sees an image."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from mmengine.model import BaseModule
from mmseg.models.utils import resize
from torch import Tensor

from mmda.models.alignments.valid_area import hidden
from mmda.registry import MODELS
from mmda.utils.distributed import counted_mean

TERMS = ("perceptual", "perceptual_cycle", "semantic")
"""Weights of CycleGAN whose losses need a segmentor."""


def build_frozen(config: dict) -> Any:
    """Build a segmentor that never learns, and whose weights come from a checkpoint alone."""
    segmentor: Any = MODELS.build(config)
    for module in segmentor.modules():
        if isinstance(module, BaseModule):
            module.init_cfg = None  # nothing is downloaded that a checkpoint replaces
    return segmentor.requires_grad_(False).eval()


def segment(
    segmentor: Any, images: Tensor, statistics: tuple[Tensor, Tensor], mask: Tensor | None
) -> Tensor:
    """Return logits (N, C, H, W) of images.

    Args:
        segmentor: An ``EncoderDecoder``.
        images: (N, B, H, W), in pixel values.
        statistics: Mean and standard deviation by which the segmentor's images are normalised.
        mask: Which pixels count, (N, H, W); the segmentor sees 0 elsewhere.
    """
    mean, std = statistics
    logits = segmentor(hidden((images - mean) / std, mask), mode="tensor").float()
    corners = segmentor.decode_head.align_corners
    return resize(logits, tuple(images.shape[-2:]), mode="bilinear", align_corners=corners)


def perceptual(logits: Tensor, before: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean absolute difference of two softmax maps (BDL, Eq. 5).

    Args:
        logits: Of an image after translation, (N, C, H, W).
        before: Of the image before it.
        mask: Which pixels count, (N, H, W); None for all.
    """
    difference = (logits.softmax(1) - before.softmax(1)).abs()
    return counted_mean(difference, None if mask is None else mask[:, None])


def semantic(logits: Tensor, before: Tensor, mask: Tensor | None) -> Tensor:
    """Return the cross-entropy to what was most likely before (CyCADA, Eq. 4).

    The arguments are those of :func:`perceptual`.
    """
    entropy = F.cross_entropy(logits, before.argmax(1), reduction="none")
    return counted_mean(entropy, mask)
