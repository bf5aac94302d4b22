"""Descriptors of the source's label patches, as the training sees them."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmengine.dist import all_gather_object, get_dist_info
from tqdm import tqdm

from mmda.models.patches import PatchModes
from mmda.utils.seeding import seeded


def source_patches(
    source: Any, modes: PatchModes, images: int = 500, seed: int = 0, progress: bool = False
) -> np.ndarray:
    """Return the descriptors of the patches that count, (M, 4 * C) float32.

    Images are drawn with replacement and go through the training's pipeline, so that patches have
    the size that they have in training. Which images, and their crops, depend on the seed alone.
    Each process reads its share of the images, and all get the descriptors of all.

    Args:
        source: The training's source dataset.
        modes: Grid, classes and the share of a patch that must be labelled, on the CPU.
        images: Number of images.
        seed: The seed.
        progress: Whether to show a progress bar on stderr.
    """
    rank, processes = get_dist_info()
    drawn = np.random.default_rng(seed).integers(len(source), size=images)
    own = {}
    bar = tqdm(range(rank, images, processes), "patches", unit="image", disable=not progress)
    for number in bar:
        with seeded(seed, number):
            label = source[int(drawn[number])]["data_samples"].gt_sem_seg.data
        vectors, counted = modes.descriptors(label)
        own[number] = vectors[counted].numpy()
    parts = {k: part for share in all_gather_object(own) for k, part in share.items()}
    return np.concatenate([parts[number] for number in range(images)])
