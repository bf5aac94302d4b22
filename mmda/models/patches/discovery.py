"""Finds the modes of label patches by k-means."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from mmda.errors import DataError

LEVELS = 4
"""Number of levels of a patch's variety; the lowest holds patches of a single class."""


def discover_modes(descriptors: np.ndarray, num_modes: int, seed: int = 0) -> np.ndarray:
    """Cluster the descriptors of label patches (Tsai et al. 2019, section 3.2).

    Most patches hold nothing but background, and would take most modes. So patches are sorted into
    levels by the entropy of the classes that they hold, and each level has the same weight in
    k-means, however many patches it has; the paper samples patches without saying how.

    Args:
        descriptors: (M, 4 * C) of patches that count, see
            :func:`~mmda.models.patches.patch_descriptors`.
        num_modes: Number of modes K.
        seed: Seed of k-means.

    Returns:
        Centroids (K, 4 * C) float32.

    Raises:
        DataError: When there are fewer different patches than modes.
    """
    different = len(np.unique(descriptors, axis=0))
    if different < num_modes:
        raise DataError(
            f"The source's labels have {different} different patches, fewer than the {num_modes} "
            "modes. Give more images, or set a lower `num_modes`."
        )
    means = MiniBatchKMeans(num_modes, random_state=seed, n_init=3, batch_size=4096)
    means.fit(descriptors, sample_weight=level_weights(descriptors))
    return means.cluster_centers_.astype(np.float32)


def level_weights(descriptors: np.ndarray) -> np.ndarray:
    """Return a weight per patch, (M,): all levels of variety have the same sum, the mean is 1.

    Args:
        descriptors: (M, 4 * C).
    """
    classes = descriptors.reshape(len(descriptors), 4, -1).sum(1)
    shares = np.where(classes > 0, classes, 1)
    entropy = -(classes * np.log(shares)).sum(1) / np.log(max(classes.shape[1], 2))
    levels = np.ceil(np.round(entropy, 6) * (LEVELS - 1)).astype(int)
    counts = np.bincount(levels, minlength=LEVELS)
    return len(levels) / (np.count_nonzero(counts) * counts[levels])
