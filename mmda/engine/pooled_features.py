"""What a network sees in whole tiles: one vector per tile, and how undecided it is there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmda.engine.inference import probabilities
from mmda.errors import ConfigError
from mmda.models.batch_norm import TargetBatch, cell_weights
from mmda.models.segmentors import UDASegmentor


@dataclass(frozen=True)
class SeenTiles:
    """What a network sees in tiles.

    Attributes:
        features: Last feature map of the backbone, averaged over the cells that count, float32
            (N, D); 0 for a tile without pixels that count.
        entropy: Mean predictive entropy of the pixels that count, divided by log C, float64 (N,),
            in 0..1.
        pixels: Number of pixels that count, int64 (N,).
    """

    features: np.ndarray
    entropy: np.ndarray
    pixels: np.ndarray


@torch.no_grad()
def see_tiles(model: UDASegmentor, batches: Iterable[TargetBatch]) -> SeenTiles:
    """Run a model on batches of tiles, to which its ``test_time`` adapts it.

    Args:
        model: The model, in evaluation mode.
        batches: The tiles; there must be one at least.

    Raises:
        ConfigError: When the model's features or predictions are not finite.
    """
    features, entropy, pixels = [], [], []
    for batch in batches:
        with model.test_time.adapted(model.predictor, batch.images, batch.counted):
            features.append(pooled_features(model, batch))
            maps = probabilities(model, batch.images, model.temperature)
        counted = _counted(batch)
        counts = counted.flatten(1).sum(1)
        found = (_entropy(maps) * counted).flatten(1).double().sum(1) / counts.clamp(min=1)
        entropy.append(found.cpu().numpy())
        pixels.append(counts.cpu().numpy())
    return SeenTiles(np.concatenate(features), np.concatenate(entropy), np.concatenate(pixels))


@torch.no_grad()
def pooled_features(model: Any, batch: TargetBatch) -> np.ndarray:
    """Return the mean of the last feature map over the cells that count, float32 (N, D).

    Args:
        model: The model, in evaluation mode.
        batch: The tiles.

    Raises:
        ConfigError: When a feature is not finite.
    """
    maps = model.extract_feat(batch.images)[-1].float()
    weights = cell_weights(_counted(batch), (int(maps.shape[-2]), int(maps.shape[-1])))
    total = weights.flatten(1).sum(1, keepdim=True).clamp(min=1e-12)
    means = (maps * weights[:, None]).flatten(2).sum(2) / total
    if not torch.isfinite(means).all():
        raise ConfigError(
            "The model's features are not finite: its training has diverged. Take an earlier "
            "checkpoint."
        )
    return means.cpu().numpy()


def _counted(batch: TargetBatch) -> Tensor:
    if batch.counted is not None:
        return batch.counted
    n, _, height, width = batch.images.shape
    return torch.ones((n, height, width), dtype=torch.bool, device=batch.images.device)


def _entropy(maps: Tensor) -> Tensor:
    """Return the entropy of probabilities (N, C, H, W), divided by log C, (N, H, W)."""
    terms = torch.special.entr(maps).sum(1)
    return terms / math.log(max(int(maps.shape[1]), 2))
