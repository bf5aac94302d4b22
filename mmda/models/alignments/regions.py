"""Instances without instance labels: the connected regions of a label map (AIM, Eq. 9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skimage.measure import label as label_components

NOTHING = 255  # in label maps: cells that belong to no class


@dataclass(frozen=True)
class RegionRule:
    """Which regions of a label map are extracted, and which slot each of them gets.

    Each class of ``things`` has ``max_instances`` slots per image, which its connected regions fill
    from the largest to the smallest (of equal ones the upper left first); the rest is left out.
    Each class of ``stuff`` has one slot, for all its cells together.

    Attributes:
        things: Classes with instances.
        stuff: Classes without instances.
        max_instances: Number of instances per class and image.
        min_area: Number of cells from which a region counts; 0 is the same as 1.
        connectivity: 8 if cells that touch at a corner are connected, else 4.
    """

    things: tuple[int, ...]
    stuff: tuple[int, ...] = ()
    max_instances: int = 10
    min_area: int = 0
    connectivity: int = 8

    @property
    def thing_slots(self) -> int:
        """Number of slots of all things; the slots of the stuff follow them."""
        return len(self.things) * self.max_instances

    @property
    def slots(self) -> int:
        """Number of slots of an image."""
        return self.thing_slots + len(self.stuff)

    @property
    def slot_classes(self) -> list[int]:
        """The class of each slot."""
        return [k for k in self.things for _ in range(self.max_instances)] + list(self.stuff)

    def find(self, maps: np.ndarray) -> np.ndarray:
        """Return the slot of each cell, (N, h, w) int32, -1 for none.

        Args:
            maps: Label maps (N, h, w) uint8; 255 and classes that are not listed get no slot.
        """
        found = np.full(maps.shape, -1, np.int32)
        if self.things:
            self._find_things(maps, found)
        for number, k in enumerate(self.stuff):
            cells = maps == k
            large = cells.sum((1, 2)) >= max(1, self.min_area)
            found[cells & large[:, None, None]] = self.thing_slots + number
        return found

    def _find_things(self, maps: np.ndarray, found: np.ndarray) -> None:
        images, height, width = maps.shape
        # All images in one tall map, separated by an empty row.
        tall = np.full((images, height + 1, width), -1, np.int16)
        order = np.full(256, -1, np.int16)
        order[list(self.things)] = range(len(self.things))
        tall[:, :-1] = order[maps]
        components, count = label_components(
            tall.reshape(-1, width),
            background=-1,
            return_num=True,
            connectivity=2 if self.connectivity == 8 else 1,
        )
        if not count:
            return
        areas = np.bincount(components.ravel(), minlength=count + 1)[1:]
        _, first = np.unique(components, return_index=True)
        first = first[-count:]  # without the background
        thing, image = tall.ravel()[first], first // ((height + 1) * width)
        ranks = _ranks(image * len(self.things) + thing, areas)
        kept = (ranks < self.max_instances) & (areas >= self.min_area)
        slots = np.where(kept, thing * self.max_instances + ranks, -1)
        lookup = np.concatenate([[-1], slots]).astype(np.int32)
        found[:] = lookup[components].reshape(tall.shape)[:, :-1]


def _ranks(groups: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Return each region's rank within its group, 0 for the largest."""
    order = np.lexsort((-areas, groups))  # stable: equal areas keep their order
    ordered = groups[order]
    starts = np.searchsorted(ordered, ordered)
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups)) - starts
    return ranks
