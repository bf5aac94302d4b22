"""What a decode head reads to classify regions."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from mmda.models.alignments.class_vectors import nearest
from mmda.models.losses import region_means
from mmda.utils.precision import full_precision


class RegionLevels(Sequence):
    """The backbone's feature maps, each reduced to maps of 1 x 1: the mean features of regions.

    A decode head reads the levels that it needs as it reads feature maps; only those are computed.

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
        """Return the mean features at one level, (N * S, D, 1, 1)."""
        return self.means(index)[0].flatten(0, 1)[..., None, None]

    def means(self, index: int) -> tuple[Tensor, Tensor]:
        """Return the mean features (N, S, D) at one level and the cells of each, (N, S)."""
        index = range(len(self.feats))[index]
        if index not in self._means:
            features = self.feats[index]
            regions = nearest(self.regions, tuple(features.shape[-2:]))
            with full_precision(features):
                self._means[index] = region_means(features, regions, self.slots)
        return self._means[index]
