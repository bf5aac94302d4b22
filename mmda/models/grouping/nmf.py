"""Grouping by non-negative matrix factorisation."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.grouping.base import FittedGrouping
from mmda.registry import MODELS

EPS = 1e-8


@MODELS.register_module()
class NMFGrouping(FittedGrouping):
    """Deep feature factorisation (Collins et al. 2018), which CDGA compares with (Fig. 4).

    Features, cut at 0, are factorised as activations times K non-negative components. A pixel's
    groups are its activations for the fitted components, divided by their sum.

    Args:
        num_groups: Number of groups K.
        in_channels: Channels D of what is grouped.
        source: ``'features'`` or ``'probabilities'``.
        seed: Seed of the fit.
        iterations: Multiplicative updates (Lee and Seung 2001) that find the activations.
        fit_iterations: Most iterations of the fit.
    """

    def __init__(
        self,
        num_groups: int,
        in_channels: int,
        source: str = "features",
        seed: int = 0,
        iterations: int = 20,
        fit_iterations: int = 200,
    ) -> None:
        super().__init__(num_groups, in_channels, source, seed)
        if num_groups > in_channels:
            raise ConfigError(
                f"NMFGrouping: {num_groups} components cannot be told from {in_channels} channels. "
                "Use `num_groups` of at most `in_channels`, or group the features."
            )
        self.iterations, self.fit_iterations = iterations, fit_iterations

    def find_centroids(self, pixels: np.ndarray) -> np.ndarray:
        """Return the components (K, D), each of length 1, of ``pixels`` (M, D)."""
        nmf = NMF(
            self.num_groups, init="nndsvda", max_iter=self.fit_iterations, random_state=self.seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            components = nmf.fit(pixels.clip(min=0)).components_
        return components / (np.linalg.norm(components, axis=1, keepdims=True) + EPS)

    def assign(self, pixels: Tensor) -> Tensor:
        """Return activations (N, K, h, w) of ``pixels`` (N, D, h, w), with a sum of 1 over K."""
        values = pixels.clamp(min=0)
        target = torch.einsum("kd,ndhw->nkhw", self.centroids, values)
        gram = self.centroids @ self.centroids.T
        groups = torch.full_like(target, 1.0)
        for _ in range(self.iterations):
            groups = groups * target / (torch.einsum("kj,njhw->nkhw", gram, groups) + EPS)
        total = groups.sum(1, keepdim=True)
        even = torch.full_like(groups, 1 / self.num_groups)
        return torch.where(total > EPS, groups / total.clamp(min=EPS), even)
