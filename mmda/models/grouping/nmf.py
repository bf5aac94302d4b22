"""Grouping by non-negative matrix factorisation."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.grouping.base import FittedGrouping
from mmda.registry import MODELS

EPS = 1e-8
CHECKED = 10  # sweeps after which the tolerance is checked


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
        tolerance: The activations are found by coordinate descent on the squared error, until the
            assignments would change by no more than this, as extrapolated from the last changes.
        iterations: Largest number of sweeps.
        fit_iterations: Largest number of iterations of the fit, which ends at scikit-learn's own
            tolerance.
    """

    def __init__(
        self,
        num_groups: int,
        in_channels: int,
        source: str = "features",
        seed: int = 0,
        tolerance: float = 1e-3,
        iterations: int = 1000,
        fit_iterations: int = 1000,
    ) -> None:
        super().__init__(num_groups, in_channels, source, seed)
        if num_groups > in_channels:
            raise ConfigError(
                f"NMFGrouping: {in_channels} channels (`in_channels`) have at most {in_channels} "
                f"components, but `num_groups` is {num_groups}. Use `num_groups` of at most "
                "`in_channels`, or group the features."
            )
        if tolerance <= 0 or iterations < 1:
            raise ConfigError(
                "NMFGrouping: `tolerance` must be above 0 and `iterations` at least 1, got "
                f"{tolerance} and {iterations}."
            )
        self.tolerance, self.iterations, self.fit_iterations = tolerance, iterations, fit_iterations

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
        values = pixels.clamp(min=0)
        target = torch.einsum("kd,ndhw->knhw", self.centroids, values)
        gram = self.centroids @ self.centroids.T
        lengths = gram.diagonal().clamp(min=EPS)
        activations = target.clamp(min=0) / lengths[:, None, None, None] / self.num_groups
        groups, last = _shares(activations), 1.0
        for sweep in range(1, self.iterations + 1):
            for k in range(self.num_groups):
                error = target[k] - torch.einsum("j,jnhw->nhw", gram[k], activations)
                activations[k] = (activations[k] + error / lengths[k]).clamp(min=0)
            if sweep % CHECKED == 0:  # not in each sweep, as it waits for the device
                before, groups = groups, _shares(activations)
                change = float((groups - before).abs().max())
                rate = min(change / max(last, EPS), 0.999)
                if change * rate / (1 - rate) <= self.tolerance:  # the sum of all further changes
                    break
                last = change
        return _shares(activations).transpose(0, 1)


def _shares(activations: Tensor) -> Tensor:
    """Return activations (K, N, h, w) divided by their sum over K; equal shares where it is 0."""
    total = activations.sum(0)
    even = torch.full_like(activations, 1 / len(activations))
    return torch.where(total > EPS, activations / total.clamp(min=EPS), even)
