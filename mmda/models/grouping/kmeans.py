"""Grouping by k-means."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mmda.models.grouping.base import FittedGrouping
from mmda.registry import MODELS


@MODELS.register_module()
class KMeansGrouping(FittedGrouping):
    """Each pixel belongs to its nearest centroid (k-means; a baseline of CDGA, Fig. 4).

    Args:
        num_groups: Number of groups K.
        in_channels: Channels D of the maps that are grouped.
        source: ``'features'`` or ``'probabilities'``.
        seed: Seed of the fit.
    """

    def find_centroids(self, pixels: np.ndarray) -> np.ndarray:
        """Return the centroids (K, D) of ``pixels`` (M, D)."""
        from sklearn.cluster import KMeans  # takes most of a second, which few trainings need

        start = self.start
        kmeans = KMeans(
            self.num_groups,
            init="k-means++" if start is None else start,
            n_init=4 if start is None else 1,
            random_state=self.seed,
        )
        return kmeans.fit(pixels).cluster_centers_

    def assign(self, pixels: Tensor) -> Tensor:
        """Return one-hot assignments (N, K, h, w) of ``pixels`` (N, D, h, w)."""
        # argmin |x - c|^2 = argmin |c|^2 - 2 x c: one 1x1 convolution.
        scores = F.conv2d(
            pixels, -2 * self.centroids[..., None, None], self.centroids.square().sum(1)
        )
        groups = torch.arange(self.num_groups, device=pixels.device)[:, None, None]
        return (scores.argmin(1, keepdim=True) == groups).float()
