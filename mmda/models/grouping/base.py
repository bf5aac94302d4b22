"""The contract of a grouping."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from mmda.errors import ConfigError
from mmda.utils.precision import full_precision


class Grouping(BaseModule):
    """Assigns each pixel softly to K groups (CDGA, section "Cross-Domain grouping network").

    Args:
        num_groups: Number of groups K, at least 1.
        init_cfg: Initialisation, as in MMEngine.
    """

    def __init__(self, num_groups: int, init_cfg: dict | list | None = None) -> None:
        super().__init__(init_cfg)
        if not isinstance(num_groups, int) or num_groups < 1:
            raise ConfigError(
                f"{type(self).__name__}: `num_groups` (K) must be a whole number of 1 or more, "
                f"got {num_groups!r}. K = 1 is global alignment; the paper uses 8."
            )
        self.num_groups = num_groups

    @abstractmethod
    def forward(
        self, probabilities: Tensor, features: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """Return the assignment to groups.

        Args:
            probabilities: Softmax maps (N, C, H, W).
            features: The backbone's feature map (N, D, h, w).
            mask: Which pixels count, (N, H, W) bool; None for all.

        Returns:
            (N, K, H, W) in float32, in [0, 1], with a sum of 1 over K at each pixel that counts,
            and 0 elsewhere.
        """


class FittedGrouping(Grouping):
    """A grouping that is not learned, but fitted at intervals to pixels of both domains.

    :class:`~mmda.engine.hooks.GroupingRefreshHook` samples the pixels and calls :meth:`fit`.
    Before the first fit, each pixel belongs to all groups equally. The fitted ``centroids`` are
    buffers and so part of the checkpoints. No gradient passes through the assignment.

    Args:
        num_groups: Number of groups K.
        in_channels: Channels D of the maps that are grouped: those of the feature map, or C.
        source: Which maps are grouped: ``'features'`` or ``'probabilities'``.
        seed: Seed of the fit.
    """

    SOURCES = ("features", "probabilities")

    centroids: Tensor
    fits: Tensor

    def __init__(
        self, num_groups: int, in_channels: int, source: str = "features", seed: int = 0
    ) -> None:
        super().__init__(num_groups)
        if source not in self.SOURCES:
            raise ConfigError(
                f"{type(self).__name__}: unknown source `{source}`; expected {self.SOURCES}."
            )
        self.in_channels, self.source, self.seed = in_channels, source, seed
        self.register_buffer("centroids", torch.zeros(num_groups, in_channels))
        self.register_buffer("fits", torch.zeros((), dtype=torch.long))
        self._fitted = False

    @property
    def fitted(self) -> bool:
        """Whether there are centroids; once there are, it does not wait for the device."""
        self._fitted = self._fitted or bool(self.fits)
        return self._fitted

    def pixels(self, probabilities: Tensor, features: Tensor) -> Tensor:
        """Return the maps that are grouped, (N, D, h, w) in float32 without gradient."""
        chosen = features if self.source == "features" else probabilities
        if chosen.shape[1] != self.in_channels:
            raise ConfigError(
                f"{type(self).__name__}: `in_channels` is {self.in_channels}, but the "
                f"{self.source} have {chosen.shape[1]} channels. Correct `in_channels`."
            )
        return chosen.detach().float()

    @torch.no_grad()
    def forward(
        self, probabilities: Tensor, features: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """Return the assignment (N, K, H, W); see :class:`Grouping`."""
        groups = self._groups(probabilities, features)
        return groups if mask is None else groups.masked_fill(~mask[:, None], 0)

    def _groups(self, probabilities: Tensor, features: Tensor) -> Tensor:
        n, _, *size = probabilities.shape
        if not self.fitted:
            return probabilities.new_full(
                (n, self.num_groups, *size), 1 / self.num_groups, dtype=torch.float32
            )
        with full_precision(probabilities):
            groups = self.assign(self.pixels(probabilities, features))
        if list(groups.shape[-2:]) != size:
            groups = F.interpolate(groups, size, mode="bilinear", align_corners=False)
        return groups

    def fit(self, pixels: np.ndarray) -> None:
        """Fit the groups; k-means starts from the centroids of the last fit, if there is one.

        Args:
            pixels: Pixels of both domains, (M, D) float32.

        Raises:
            ConfigError: When there are fewer pixels than groups, or values that are not finite.
        """
        if not np.isfinite(pixels).all():
            raise ConfigError(
                f"{type(self).__name__}: the {self.source} are not finite: the training has "
                "diverged. Lower the learning rate."
            )
        if len(pixels) < self.num_groups:
            raise ConfigError(
                f"{type(self).__name__}: {len(pixels)} pixels cannot form {self.num_groups} "
                "groups. Sample more (`pixels` of GroupingRefreshHook) or lower `num_groups`."
            )
        centroids = self.find_centroids(pixels)
        self.centroids.copy_(torch.as_tensor(np.ascontiguousarray(centroids)))
        self.fits += 1

    @abstractmethod
    def find_centroids(self, pixels: np.ndarray) -> np.ndarray:
        """Return centroids (K, D) for ``pixels`` (M, D)."""

    @abstractmethod
    def assign(self, pixels: Tensor) -> Tensor:
        """Return the assignment (N, K, h, w) of ``pixels`` (N, D, h, w)."""

    @property
    def start(self) -> np.ndarray | None:
        """The last fit's centroids, (K, D); None before the first fit."""
        return self.centroids.cpu().numpy() if self.fitted else None
