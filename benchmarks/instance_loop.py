"""The reference of ``instance_matching.py``: AIM instance by instance, as its equations read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

EPS = 1e-5


@dataclass
class InstanceLoop:
    """Extracts and matches instances one at a time (Yuan et al., Eq. 9 and 11).

    Attributes:
        things: Classes with instances.
        stuff: Classes with one mean feature per image.
        capacity: Source features kept per class of things.
        stuff_capacity: Source features kept per class of stuff.
        min_fill: Features that a class needs before it is used.
        max_instances: Largest instances taken per class and image.
        min_area: Cells that an instance needs.
        connectivity: 4 or 8.
        bank: The stored features of each class, the oldest first.
    """

    things: Sequence[int]
    stuff: Sequence[int] = ()
    capacity: int = 500
    stuff_capacity: int = 50
    min_fill: int = 1
    max_instances: int = 10
    min_area: int = 0
    connectivity: int = 8
    bank: dict[int, list[Tensor]] = field(default_factory=dict)

    def masks(self, label: np.ndarray, k: int) -> list[np.ndarray]:
        """Return Gamma(L, k): the masks of a class's instances in a label map (h, w)."""
        found = [label == k]
        if k in self.things:
            structure = ndimage.generate_binary_structure(2, 2 if self.connectivity == 8 else 1)
            components, count = ndimage.label(label == k, structure)
            found = [components == i + 1 for i in range(count)]
            found = sorted(found, key=lambda mask: -mask.sum())[: self.max_instances]
        return [mask for mask in found if mask.sum() >= max(1, self.min_area)]

    def instances(self, features: Tensor, label: np.ndarray, k: int) -> list[Tensor]:
        """Return the mean feature (D,) of each instance in a map (D, h, w) (Eq. 9)."""
        means = []
        for mask in self.masks(label, k):
            r = torch.from_numpy(mask).to(features)
            means.append((r * features).sum((1, 2)) / max(EPS, float(r.sum())))
        return means

    def store(self, features: Tensor, labels: np.ndarray) -> None:
        """Store the instances of source maps (N, D, h, w), (N, h, w)."""
        for k in (*self.things, *self.stuff):
            kept = self.bank.setdefault(k, [])
            for image, label in zip(features, labels, strict=True):
                kept += [mean.detach() for mean in self.instances(image, label, k)]
            del kept[: -self.capacity_of(k)]

    def capacity_of(self, k: int) -> int:
        """Return how many features of a class are kept."""
        return self.capacity if k in self.things else self.stuff_capacity

    def loss(
        self, features: Tensor, labels: np.ndarray, classes: Sequence[int], eta: Sequence[float]
    ) -> Tensor:
        """Return the matching loss of target maps over some classes, the mean over images (Eq. 11).

        Args:
            features: (N, D, h, w).
            labels: (N, h, w).
            classes: Classes to match.
            eta: Weight of each.
        """
        total = features.sum() * 0
        for image, label in zip(features, labels, strict=True):
            for k, weight in zip(classes, eta, strict=True):
                if len(self.bank[k]) < min(self.min_fill, self.capacity_of(k)):
                    continue
                stored, terms = torch.stack(self.bank[k]), []
                for mean in self.instances(image, label, k):
                    terms.append((stored - mean).abs().mean(1).min())
                if terms:
                    total = total + weight * torch.stack(terms).mean()
        return total / len(features)
