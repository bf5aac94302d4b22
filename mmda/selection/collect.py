"""One pass of a model over target and source tiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmda.engine.inference import probabilities
from mmda.engine.tile_pass import choose_tiles, on_tile, sampled, tiles_of, valid_pixels
from mmda.errors import ConfigError, DataError
from mmda.evaluation import confusion_matrix
from mmda.models.alignments import DomainImages
from mmda.models.segmentors import UDASegmentor
from mmda.raster.decoding import IGNORE
from mmda.selection.options import SelectOptions
from mmda.selection.statistics import Statistics
from mmda.selection.views import VIEWS, Network, predict_view


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
        ConfigError: When a prediction is not finite, or depends on the order of the tiles, as
            ``model.test_time`` keeps what it learns from each.
    """
    model.test_time.check_repeatable()
    network = _network(model)
    chosen = choose_tiles(len(target), options.tiles, options.seed)
    quota = -(-options.pixels // len(chosen))
    classes = model.num_classes
    samples, counts = [], np.zeros(classes, np.int64)
    views = {name: np.zeros((classes, classes), np.int64) for name in VIEWS}
    for index, sample, images in tiles_of(model, target, chosen):
        counted = _counted(sample, images)
        maps = on_tile(network(images, counted), sample)[:, valid_pixels(sample)]
        if not torch.isfinite(maps).all():
            raise ConfigError("its predictions are not finite: the training has diverged.")
        labels = maps.argmax(0).cpu().numpy()
        counts += np.bincount(labels, minlength=classes)
        places = sampled(len(labels), quota, [options.seed, index])
        samples.append(maps.T.cpu().numpy()[places])
        for name, view in VIEWS.items():
            changed = predict_view(view, network, images, counted)
            other = on_tile(changed, sample)[:, valid_pixels(sample)].argmax(0).cpu().numpy()
            views[name] += confusion_matrix(other, labels, classes)
    if not counts.sum():
        raise DataError(f"None of the {len(chosen)} target tiles has a pixel with data.")
    matrix = None if source is None else _source_matrix(model, source, options)
    return Statistics(np.concatenate(samples), counts, views, matrix)


def _network(model: UDASegmentor) -> Network:
    """Return the network that predicts, adapted to each image as in test and mapping."""

    def network(images: Tensor, counted: Tensor | None) -> Tensor:
        with model.test_time.adapted(model.predictor, images, counted):
            return probabilities(model, images)

    return network


def _counted(sample: Any, images: Tensor) -> Tensor | None:
    """Return which pixels of a sample's image (1, B, H, W) count, (1, H, W); None for all."""
    seen = DomainImages(images, [sample], images)
    return seen.mask(seen.size)


def _source_matrix(model: UDASegmentor, source: Any, options: SelectOptions) -> np.ndarray:
    network = _network(model)
    matrix = np.zeros((model.num_classes, model.num_classes), np.int64)
    chosen = choose_tiles(len(source), options.tiles, options.seed)
    for _, sample, images in tiles_of(model, source, chosen):
        label = sample.gt_sem_seg.data[0].cpu().numpy()
        size = label.shape  # the source may be brought to the target's scale
        maps = network(images, _counted(sample, images))
        predicted = on_tile(maps, sample, size).argmax(0).cpu().numpy()
        known = np.where(valid_pixels(sample, size).cpu().numpy(), label, IGNORE)
        matrix += confusion_matrix(predicted, known, model.num_classes)
    return matrix
