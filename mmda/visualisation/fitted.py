"""Groupings that are not learned, for a comparison with the learned one (CDGA, Fig. 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from mmda.models.alignments import DomainBatch, GroupAlignment
from mmda.models.grouping import FittedGrouping
from mmda.models.segmentors import UDASegmentor
from mmda.registry import MODELS
from mmda.visualisation.domains import ShownImage, run_pair

FITTED = {"kmeans": "KMeansGrouping", "nmf": "NMFGrouping"}


def feature_pixels(
    model: UDASegmentor, pairs: Iterable[tuple[ShownImage, ShownImage]], count: int, seed: int = 0
) -> np.ndarray:
    """Return ``count`` random vectors of the last feature map of each image, (M, D) float32.

    Cells that do not count are not sampled, nor is an image in which none does.
    """
    generator = np.random.default_rng(seed)
    chosen = []
    for pair in pairs:
        for batch in run_pair(model, *pair).values():
            feature = batch.feats[-1]
            vectors = feature[0].float().flatten(1).T
            if (mask := batch.mask(tuple(feature.shape[-2:]))) is not None:
                vectors = vectors[mask.flatten()]
            if not len(vectors):
                continue
            places = generator.integers(len(vectors), size=count)
            chosen.append(vectors[places].cpu().numpy())
    return np.concatenate(chosen)


def fit_grouping(name: str, pixels: np.ndarray, num_groups: int, seed: int = 0) -> FittedGrouping:
    """Fit ``'kmeans'`` or ``'nmf'`` groups to ``pixels`` (M, D)."""
    config: dict[str, Any] = dict(type=FITTED[name], num_groups=num_groups)
    grouping: Any = MODELS.build(dict(config, in_channels=pixels.shape[1], seed=seed))
    grouping.fit(pixels)
    return grouping


def fitted_maps(grouping: FittedGrouping, alignment: GroupAlignment, batch: DomainBatch) -> Any:
    """Return the fitted assignment (1, K, h, w), of the size of the alignment's own one."""
    maps = batch.probabilities(alignment.head, alignment.input_scale)
    return grouping.to(maps.device)(maps, batch.feats[-1])


def match_groups(maps: list[np.ndarray], reference: list[np.ndarray]) -> list[np.ndarray]:
    """Put groups into the order in which they overlap those of the reference most.

    The order of groups is random, so that the same pixels would have different colours in the
    columns of a figure.

    Args:
        maps: H, (K, H, W), of each image.
        reference: Another grouping's H of the same images.

    Returns:
        ``maps``, with the K groups of each image in the new order.
    """
    overlap = sum(
        theirs.reshape(len(theirs), -1) @ own.reshape(len(own), -1).T
        for own, theirs in zip(maps, reference, strict=True)
    )
    _, order = linear_sum_assignment(overlap, maximize=True)
    return [own[order] for own in maps]
