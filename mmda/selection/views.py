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
    """

    change: Callable[[Tensor], Tensor]
    restore: Callable[[Tensor, tuple[int, int]], Tensor]


SCALE = 0.75  # at most
STEP = 32  # changed heights and widths are multiples, which every network takes
CONTRAST, BRIGHTNESS = 0.75, 0.25  # of normalised images, whose standard deviation is about 1


def _flip(images: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    return images.flip(-1)


def _shrink(images: Tensor) -> Tensor:
    height, width = (max(STEP, int(SCALE * n / STEP) * STEP) for n in images.shape[-2:])
    return _resize(images, (height, width))


def _resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)


def _recolour(images: Tensor) -> Tensor:
    return images * CONTRAST + BRIGHTNESS


def _unchanged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    return maps


VIEWS: Mapping[str, View] = {
    "flip": View(_flip, _flip),
    "scale": View(_shrink, _resize),
    "radiometry": View(_recolour, _unchanged),
}
"""Mirrored left to right; 3/4 of the size or a little less; flatter and brighter."""


def predict_view(view: View, network: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Return a network's probabilities for the changed images, brought back to the plain ones.

    Args:
        view: The view.
        network: From normalised images (N, B, H, W) to probabilities (N, C, H, W).
        images: The plain ones, normalised.
    """
    maps = network(view.change(images))
    return view.restore(maps, (int(images.shape[-2]), int(images.shape[-1])))
