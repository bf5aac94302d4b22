"""Grouping by non-negative matrix factorisation."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.grouping.base import FittedGrouping
from mmda.models.grouping.nnls import solve_non_negative
from mmda.registry import MODELS

EPS = 1e-8


@MODELS.register_module()
class NMFGrouping(FittedGrouping):
    """Deep feature factorisation (Collins et al. 2018; a baseline of CDGA, Fig. 4).

    Features, with negative values set to 0, are factorised into activations times K non-negative
    components. A pixel's assignment is its activations for the fitted components, divided by their
    sum.

    Args:
        num_groups: Number of groups K.
        in_channels: Channels D of the maps that are grouped.
        source: ``'features'`` or ``'probabilities'``.
        seed: Seed of the fit.
        fit_iterations: Largest number of iterations of the fit, which ends at scikit-learn's own
            tolerance. (The activations of a pixel are exact.)
    """

    def __init__(
        self,
        num_groups: int,
        in_channels: int,
        source: str = "features",
        seed: int = 0,
        fit_iterations: int = 1000,
    ) -> None:
        super().__init__(num_groups, in_channels, source, seed)
        if num_groups > in_channels:
            raise ConfigError(
                f"NMFGrouping: {in_channels} channels (`in_channels`) have at most {in_channels} "
                f"components, but `num_groups` is {num_groups}. Use `num_groups` of at most "
                "`in_channels`, or group the features."
            )
        self.fit_iterations = fit_iterations

    def find_centroids(self, pixels: np.ndarray) -> np.ndarray:
        """Return the components (K, D), each of length 1, of ``pixels`` (M, D)."""
        from sklearn.decomposition import NMF  # takes most of a second, which few trainings need
        from sklearn.exceptions import ConvergenceWarning

        nmf = NMF(
            self.num_groups, init="nndsvda", max_iter=self.fit_iterations, random_state=self.seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            components = nmf.fit(pixels.clip(min=0)).components_
        return components / (np.linalg.norm(components, axis=1, keepdims=True) + EPS)

    def assign(self, pixels: Tensor) -> Tensor:
        """Return activations (N, K, h, w) of ``pixels`` (N, D, h, w), with a sum of 1 over K."""
        target = torch.einsum("kd,ndhw->nhwk", self.centroids, pixels.clamp(min=0))
        gram = self.centroids.double() @ self.centroids.double().T
        activations = solve_non_negative(gram, target.flatten(0, 2)).float().view(target.shape)
        return _shares(activations.movedim(-1, 0)).transpose(0, 1)


def _shares(activations: Tensor) -> Tensor:
    """Return activations (K, N, h, w) divided by their sum over K; equal shares where it is 0."""
    total = activations.sum(0)
    even = torch.full_like(activations, 1 / len(activations))
    return torch.where(total > EPS, activations / total.clamp(min=EPS), even)
