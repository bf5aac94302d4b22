"""Changed views of a tile, for which a model should predict the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class View:
    """A change of normalised images (N, B, H, W), and the way back for predictions (N, C, h, w).

    Attributes:
        change: Changes images.
        restore: Brings probabilities for the changed images back to the size given.
        mask: Moves masks (N, H, W), bool, as the pixels of the images are moved.
    """

    change: Callable[[Tensor], Tensor]
    restore: Callable[[Tensor, tuple[int, int]], Tensor]
    mask: Callable[[Tensor], Tensor]


SCALE = 0.75  # at most
STEP = 32  # changed heights and widths are multiples, which every network takes
CONTRAST, BRIGHTNESS = 0.75, 0.25  # of normalised images, whose standard deviation is about 1


def _flip(images: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    return images.flip(-1)


def _shrink(images: Tensor) -> Tensor:
    return _resize(images, _smaller(images))


def _shrink_mask(mask: Tensor) -> Tensor:
    return F.interpolate(mask[:, None].float(), _smaller(mask), mode="nearest-exact")[:, 0].bool()


def _smaller(images: Tensor) -> tuple[int, int]:
    height, width = (max(STEP, int(SCALE * n / STEP) * STEP) for n in images.shape[-2:])
    return height, width


def _resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)


def _recolour(images: Tensor) -> Tensor:
    return images * CONTRAST + BRIGHTNESS


def _unchanged(maps: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    return maps


VIEWS: Mapping[str, View] = {
    "flip": View(_flip, _flip, _flip),
    "scale": View(_shrink, _resize, _shrink_mask),
    "radiometry": View(_recolour, _unchanged, _unchanged),
}
"""Mirrored left to right; 3/4 of the size or a little less; flatter and brighter."""


Network = Callable[[Tensor, Tensor | None], Tensor]
"""From normalised images (N, B, H, W), and which of their pixels count, (N, H, W) bool or None for
all, to probabilities (N, C, H, W)."""


def predict_view(view: View, network: Network, images: Tensor, counted: Tensor | None) -> Tensor:
    """Return a network's probabilities for the changed images, brought back to the plain ones.

    Args:
        view: The view.
        network: The network.
        images: The plain images, normalised.
        counted: Which of their pixels count; None for all.
    """
    maps = network(view.change(images), None if counted is None else view.mask(counted))
    return view.restore(maps, (int(images.shape[-2]), int(images.shape[-1])))
