"""A pass of a model over single tiles of a dataset, and samples of their pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.dataset import pseudo_collate
from torch import Tensor

from mmda.models.segmentors import UDASegmentor


def choose_tiles(length: int, count: int, seed: int) -> list[int]:
    """Return the indices of at most ``count`` tiles of ``length``, in increasing order."""
    chosen = np.random.default_rng(seed).choice(length, min(length, count), replace=False)
    return sorted(int(index) for index in chosen)


def tiles_of(
    model: UDASegmentor, dataset: Any, indices: Sequence[int]
) -> Iterator[tuple[int, Any, Tensor]]:
    """Yield each tile's index, its sample and its normalised image (1, B, H, W)."""
    for index in indices:
        data = pseudo_collate([dataset[index]])
        size = tuple(data["inputs"][0].shape[-2:])
        batch = model.data_preprocessor(data, False)
        (sample,) = batch["data_samples"]
        sample.set_metainfo({"unpadded": size})
        yield index, sample, batch["inputs"]


def on_tile(maps: Tensor, sample: Any, size: tuple[int, int] | None = None) -> Tensor:
    """Return maps (1, C, H, W) of a padded, resized image on the pixels of its tile, (C, h, w).

    As in evaluation, the padding is cut off, and the rest is brought to the tile's size.

    Args:
        maps: Probabilities or logits.
        sample: The sample, of :func:`tiles_of`.
        size: Height and width of the result; by default those of the tile.
    """
    height, width = sample.metainfo["unpadded"]
    maps = maps[..., :height, :width]
    wanted = tuple(sample.metainfo["ori_shape"]) if size is None else size
    if wanted != (height, width):
        maps = F.interpolate(maps, wanted, mode="bilinear", align_corners=False)
    return maps[0]


def valid_pixels(sample: Any, size: tuple[int, int] | None = None) -> Tensor:
    """Return which pixels of a sample's maps count, (h, w); ``size`` as in :func:`on_tile`."""
    if "valid" in sample:
        return sample.valid.data[0].bool()
    return torch.ones(sample.metainfo["ori_shape"] if size is None else size, dtype=torch.bool)


def sampled(length: int, quota: int, seed: Sequence[int]) -> np.ndarray:
    """Return at most ``quota`` different indices below ``length``, in increasing order."""
    chosen = np.random.default_rng(seed).choice(length, min(length, quota), replace=False)
    return np.sort(chosen)
