"""Fits the groupings that are not learned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import all_gather_object, broadcast, get_dist_info
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from mmda.datasets.sampler import PairIndex
from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.models.alignments import DomainImages, GroupAlignment, evaluating
from mmda.models.grouping import FittedGrouping
from mmda.registry import HOOKS


@HOOKS.register_module()
class GroupingRefreshHook(Hook):
    """Fit k-means or NMF groups to pixels of both domains, first when an alignment starts.

    Pixels without data, padding and ignored pixels are not sampled. The images, their augmentation
    and the pixels depend on the run's seed and the iteration alone.
    So any number of processes, and a resumed run, fit the same groups. Learned groupings are not
    changed.

    Args:
        interval: Number of iterations between two fits.
        images: Number of images of each domain from which pixels are sampled.
        pixels: Number of pixels sampled from each domain.

    Raises:
        ConfigError: When one of them is below 1.
    """

    priority = "NORMAL"

    def __init__(self, interval: int = 2000, images: int = 64, pixels: int = 20_000) -> None:
        if min(interval, images, pixels) < 1:
            raise ConfigError(
                "GroupingRefreshHook: `interval`, `images` and `pixels` must be 1 or more, got "
                f"{interval}, {images} and {pixels}."
            )
        self.interval, self.images, self.pixels = interval, images, pixels

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: object = None) -> None:
        """Fit the groupings that are due."""
        model = unwrapped(runner.model)
        for name, alignment in model.alignments.items():
            if not isinstance(getattr(alignment, "grouping", None), FittedGrouping):
                continue
            done = runner.iter - alignment.start
            if done >= 0 and done % self.interval == 0:
                self._fit(runner, model, alignment)
                runner.logger.info(f"{name}: groups fitted to {2 * self.pixels} pixels")

    def _fit(self, runner: Runner, model: Any, alignment: GroupAlignment) -> None:
        with evaluating(model), torch.no_grad():
            own = list(self._sampled(runner, model, alignment))
        grouping: FittedGrouping = alignment.grouping
        # Process r of W has the images r, r + W, ... Put all images into one order.
        ranks = all_gather_object(own)
        images = [ranks[i % len(ranks)][i // len(ranks)] for i in range(self.images)]
        if get_dist_info()[0] == 0:
            grouping.fit(np.concatenate(images))
        broadcast(grouping.centroids)
        broadcast(grouping.fits)

    def _sampled(
        self, runner: Runner, model: Any, alignment: GroupAlignment
    ) -> Iterator[np.ndarray]:
        """Yield pixels (2 * pixels / images, D) of this process's image pairs."""
        dataset, seed = runner.train_dataloader.dataset, runner.seed
        rank, processes = get_dist_info()
        for i in range(rank, self.images, processes):
            generator = np.random.default_rng([seed, runner.iter, i])
            pair = PairIndex(
                int(generator.integers(dataset.source_size)),
                int(generator.integers(dataset.target_size)),
                int(generator.integers(2**31)),
                seed,
            )
            data = model.data_preprocessor(pseudo_collate([dataset[pair]]), training=True)
            count = self.pixels * (i + 1) // self.images - self.pixels * i // self.images
            yield np.concatenate(
                [
                    _choose(_grouped(model, alignment, images, samples), count, generator)
                    for images, samples in zip(
                        data["inputs"].values(), data["data_samples"].values(), strict=True
                    )
                ]
            )


def _grouped(model: Any, alignment: GroupAlignment, images: Tensor, samples: list) -> Tensor:
    """Return the pixels that count of the maps that the alignment groups, (M, D).

    Args:
        model: The segmentor.
        alignment: The alignment.
        images: One image, (1, B, H, W).
        samples: Its sample.
    """
    feats, logits = model.features_and_logits(images)
    maps = alignment.grouping.pixels(logits[alignment.head].float().softmax(1), feats[-1])
    vectors = maps[0].flatten(1).T
    mask = DomainImages(images, samples, images).mask(tuple(maps.shape[-2:]))
    return vectors if mask is None else vectors[mask.flatten()]


def _choose(vectors: Tensor, count: int, generator: np.random.Generator) -> np.ndarray:
    """Return ``count`` random pixels of ``vectors`` (M, D), as (count, D); none if M is 0."""
    if not len(vectors):
        return vectors.cpu().numpy()
    return vectors[generator.integers(len(vectors), size=count)].cpu().numpy()
