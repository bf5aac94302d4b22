"""Feature maps in which each region has its mean feature, for a decode head to classify."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mmda.models.alignments.domain_batch import nearest
from mmda.models.losses import region_means
from mmda.utils.precision import full_precision


class RegionLevels(Sequence):
    """The backbone's feature maps, with each region's mean feature in all of the region's cells.

    A decode head takes it in place of the list of feature maps; only the levels that the head reads
    are computed. Because the mean features are placed in the map, the head's convolutions see their
    surroundings and its normalisation layers the usual statistics. A head with group norm could not
    classify a map of a single cell, whose feature would be normalised by itself.

    Args:
        feats: Feature maps (N, D, h, w).
        regions: The slot of each cell, (N, h, w), -1 for none.
        slots: Number of slots S.
    """

    def __init__(self, feats: Sequence[Tensor], regions: Tensor, slots: int) -> None:
        self.feats, self.regions, self.slots = feats, regions, slots
        self._means: dict[int, tuple[Tensor, Tensor]] = {}

    def __len__(self) -> int:
        return len(self.feats)

    def __getitem__(self, index: int) -> Tensor:  # type: ignore[override]
        """Return the map at one level, (N, D, h, w)."""
        features = self.feats[index]
        regions = self._regions(features)[:, None].expand_as(features)
        slots = regions.clamp(min=0).flatten(2)
        means = self.means(index)[0].transpose(1, 2).gather(2, slots).view_as(features)
        return torch.where(regions >= 0, means.to(features.dtype), features)

    def means(self, index: int) -> tuple[Tensor, Tensor]:
        """Return the mean features (N, S, D) at one level and their numbers of cells, (N, S)."""
        index = range(len(self.feats))[index]
        if index not in self._means:
            self._means[index] = self.averages(self.feats[index])
        return self._means[index]

    def averages(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return the regions' means of maps (N, D, h, w), (N, S, D), and sizes in cells, (N, S)."""
        with full_precision(maps):
            return region_means(maps, self._regions(maps), self.slots)

    def _regions(self, maps: Tensor) -> Tensor:
        return nearest(self.regions, tuple(maps.shape[-2:]))
