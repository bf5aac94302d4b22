"""What a calibration needs of a model's predictions for labelled tiles."""

from __future__ import annotations

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


@torch.no_grad()
def labelled_pixels(model: UDASegmentor, dataset: Any, options: CalibrateOptions) -> LabelledPixels:
    """Predict labelled tiles, one at a time; of each, the same number of pixels is sampled.

    The model's ``test_time`` adapts it to each tile.

    Args:
        model: The model, in evaluation mode.
        dataset: The tiles.
        options: Numbers of tiles and pixels, and the seed.

    Raises:
        DataError: When no pixel has a label.
        ConfigError: When a prediction is not finite.
    """
    chosen = choose_tiles(len(dataset), options.tiles, options.seed)
    quota = -(-options.pixels // len(chosen))
    found, labels, features = [], [], []
    for index, sample, images in tiles_of(model, dataset, chosen):
        label = sample.gt_sem_seg.data[0]
        known = label != IGNORE
        size = (int(label.shape[0]), int(label.shape[1]))
        batch = _batch(images, sample)
        with model.test_time.adapted(model.predictor, images, batch.counted):
            maps = on_tile(logits(model, images), sample, size)[:, known]
            features.append(pooled_features(model, batch))
        if not torch.isfinite(maps).all():
            raise ConfigError("The model's predictions are not finite: its training has diverged.")
        places = sampled(maps.shape[1], quota, [options.seed, index])
        found.append(maps.T[places].cpu().numpy())
        labels.append(label[known][places].cpu().numpy())
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
