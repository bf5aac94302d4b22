"""Tiny segmentors and batches, without data on disk."""

from __future__ import annotations

from mmda.testing import CLASSES, losses_of, segmentor_config
from mmda.testing import build_segmentor as build
from mmda.testing import random_batch as batch
from mmda.testing import total_loss as total
from mmda.testing.samples import GROUP_NORM
from mmda.testing.samples import packed as samples

BATCH_NORM = dict(type="BN", requires_grad=True)

__all__ = [
    "BATCH_NORM",
    "CLASSES",
    "GROUP_NORM",
    "batch",
    "build",
    "losses_of",
    "samples",
    "segmentor_config",
    "total",
]
