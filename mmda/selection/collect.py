"""One pass of a model over target and source tiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.dataset import pseudo_collate
from torch import Tensor

from mmda.engine.inference import probabilities
from mmda.errors import ConfigError, DataError
from mmda.evaluation import confusion_matrix
from mmda.models.segmentors import UDASegmentor
from mmda.raster.decoding import IGNORE
from mmda.selection.options import SelectOptions
from mmda.selection.statistics import Statistics
from mmda.selection.views import VIEWS, predict_view


@torch.no_grad()
def collect(
    model: UDASegmentor, target: Any, source: Any | None, options: SelectOptions
) -> Statistics:
    """Predict tiles, one at a time, and keep what the criteria need.

    Of each target tile the same number of valid pixels is sampled, the same ones for every model.
    The network runs once on the tile and once on each of its views.

    Args:
        model: The model, in evaluation mode.
        target: Dataset of the target's tiles, without labels.
        source: Dataset of labelled source tiles; ``None`` where there are none.
        options: Numbers of tiles and pixels, and the seed.

    Raises:
        DataError: When no target pixel has data.
        ConfigError: When a prediction is not finite.
    """
    chosen = choose_tiles(len(target), options)
    quota = -(-options.pixels // len(chosen))
    classes = model.num_classes
    samples, counts = [], np.zeros(classes, np.int64)
    views = {name: np.zeros((classes, classes), np.int64) for name in VIEWS}
    for index, (sample, images) in _tiles(model, target, chosen):
        size = tuple(sample.metainfo["ori_shape"])
        valid = _valid(sample, size)
        maps = _on_tile(probabilities(model, images), sample, size)[:, valid]
        if not torch.isfinite(maps).all():
            raise ConfigError("its predictions are not finite: the training has diverged.")
        labels = maps.argmax(0).cpu().numpy()
        counts += np.bincount(labels, minlength=classes)
        samples.append(maps.T.cpu().numpy()[_sampled(len(labels), quota, [options.seed, index])])
        for name, view in VIEWS.items():
            changed = predict_view(view, lambda x: probabilities(model, x), images)
            other = _on_tile(changed, sample, size)[:, valid].argmax(0).cpu().numpy()
            views[name] += confusion_matrix(other, labels, classes)
    if not counts.sum():
        raise DataError(f"None of the {len(chosen)} target tiles has a pixel with data.")
    matrix = None if source is None else _source_matrix(model, source, options)
    return Statistics(np.concatenate(samples), counts, views, matrix)


def choose_tiles(length: int, options: SelectOptions) -> list[int]:
    """Return the indices of the tiles that are predicted, in increasing order."""
    rng = np.random.default_rng(options.seed)
    chosen = rng.choice(length, min(length, options.tiles), replace=False)
    return sorted(int(index) for index in chosen)


def _source_matrix(model: UDASegmentor, source: Any, options: SelectOptions) -> np.ndarray:
    matrix = np.zeros((model.num_classes, model.num_classes), np.int64)
    for _, (sample, images) in _tiles(model, source, choose_tiles(len(source), options)):
        label = sample.gt_sem_seg.data[0].cpu().numpy()
        maps = _on_tile(probabilities(model, images), sample, label.shape)
        predicted = maps.argmax(0).cpu().numpy()
        known = np.where(_valid(sample, label.shape).cpu().numpy(), label, IGNORE)
        matrix += confusion_matrix(predicted, known, model.num_classes)
    return matrix


def _tiles(
    model: UDASegmentor, dataset: Any, indices: list[int]
) -> Iterator[tuple[int, tuple[Any, Tensor]]]:
    """Yield each tile's index, its sample and its normalised image (1, B, H, W)."""
    for index in indices:
        data = pseudo_collate([dataset[index]])
        size = tuple(data["inputs"][0].shape[-2:])
        batch = model.data_preprocessor(data, False)
        (sample,) = batch["data_samples"]
        sample.set_metainfo({"unpadded": size})
        yield index, (sample, batch["inputs"])


def _on_tile(maps: Tensor, sample: Any, size: tuple[int, ...]) -> Tensor:
    """Return probabilities (1, C, H, W) of a padded image on the pixels of ``size``, (C, h, w).

    As in evaluation, the padding is cut off, and the rest is resized.
    """
    height, width = sample.metainfo["unpadded"]
    maps = maps[..., :height, :width]
    if size != (height, width):
        maps = F.interpolate(maps, size, mode="bilinear", align_corners=False)
    return maps[0]


def _valid(sample: Any, size: tuple[int, ...]) -> Tensor:
    """Return which pixels of a map of ``size`` count, (h, w)."""
    if "valid" in sample:
        return sample.valid.data[0].bool()
    return torch.ones(size, dtype=torch.bool)


def _sampled(length: int, quota: int, seed: list[int]) -> np.ndarray:
    """Return at most ``quota`` different indices below ``length``, in increasing order."""
    chosen = np.random.default_rng(seed).choice(length, min(length, quota), replace=False)
    return np.sort(chosen)
