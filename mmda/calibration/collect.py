"""What a calibration needs of a model's predictions for labelled tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmda.calibration.options import CalibrateOptions
from mmda.engine.inference import logits
from mmda.engine.pooled_features import pooled_features
from mmda.engine.tile_pass import choose_tiles, on_tile, sampled, tiles_of
from mmda.errors import ConfigError, DataError
from mmda.models.alignments import DomainImages
from mmda.models.batch_norm import TargetBatch
from mmda.models.segmentors import UDASegmentor
from mmda.raster.decoding import IGNORE


@dataclass(frozen=True)
class LabelledPixels:
    """Sampled pixels of labelled tiles.

    Attributes:
        logits: (P, C) float32.
        labels: Class ids, (P,).
        tiles: Of each pixel, the row of its tile in ``features``, (P,).
        features: Pooled features of the tiles, (T, D).
    """

    logits: np.ndarray
    labels: np.ndarray
    tiles: np.ndarray
    features: np.ndarray


@dataclass(frozen=True)
class LabelledMap:
    """A model's prediction of a labelled tile, brought to the label's size.

    Attributes:
        index: The tile's index in its dataset.
        logits: (C, H, W) float32.
        label: Class ids, (H, W), 255 = ignore.
        batch: The tile as the network sees it, to which the model is adapted.
    """

    index: int
    logits: Tensor
    label: Tensor
    batch: TargetBatch


@torch.no_grad()
def labelled_maps(
    model: UDASegmentor, dataset: Any, chosen: Sequence[int]
) -> Iterator[LabelledMap]:
    """Yield the predictions of labelled tiles, one at a time.

    The model's ``test_time`` adapts it to each tile.

    Args:
        model: The model, in evaluation mode.
        dataset: The tiles.
        chosen: Their indices.

    Raises:
        ConfigError: When a prediction is not finite.
    """
    for index, sample, images in tiles_of(model, dataset, chosen):
        label = sample.gt_sem_seg.data[0]
        size = (int(label.shape[0]), int(label.shape[1]))
        batch = _batch(images, sample)
        with model.test_time.adapted(model.predictor, images, batch.counted):
            maps = on_tile(logits(model, images), sample, size)
            if not torch.isfinite(maps).all():
                raise ConfigError("The model's predictions are not finite: its training diverged.")
            yield LabelledMap(index, maps, label, batch)


@torch.no_grad()
def labelled_pixels(model: UDASegmentor, dataset: Any, options: CalibrateOptions) -> LabelledPixels:
    """Predict labelled tiles, one at a time; of each, the same number of pixels is sampled.

    The arguments and errors are those of :func:`labelled_maps`.

    Args:
        model: The model, in evaluation mode.
        dataset: The tiles.
        options: Numbers of tiles and pixels, and the seed.

    Raises:
        DataError: When no pixel has a label.
    """
    chosen = choose_tiles(len(dataset), options.tiles, options.seed)
    quota = -(-options.pixels // len(chosen))
    found, labels, features = [], [], []
    for one in labelled_maps(model, dataset, chosen):
        known = one.label != IGNORE
        maps = one.logits[:, known]
        places = sampled(maps.shape[1], quota, [options.seed, one.index])
        found.append(maps.T[places].cpu().numpy())
        labels.append(one.label[known][places].cpu().numpy())
        features.append(pooled_features(model, one.batch))
    tiles = np.repeat(np.arange(len(found)), [len(part) for part in found])
    if not len(tiles):
        raise DataError(
            f"`{dataset.data_root}` split `{dataset.split}`: none of {len(chosen)} tiles has a "
            "pixel with a label."
        )
    return LabelledPixels(
        np.concatenate(found), np.concatenate(labels), tiles, np.concatenate(features)
    )


def _batch(images: Tensor, sample: Any) -> TargetBatch:
    seen = DomainImages(images, [sample], images, mask_key="has_data")
    return TargetBatch(images, seen.mask(seen.size))
