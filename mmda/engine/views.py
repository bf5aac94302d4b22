"""Changed views of tiles whose predictions are averaged: test-time augmentation."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from mmda.raster.mapping.options import PredictOptions

STEP = 32  # changed heights and widths are multiples, which every network takes


@dataclass(frozen=True)
class View:
    """A change of images, and the way back for what is predicted for them.

    Attributes:
        turns: Quarter turns to the left.
        flipped: Whether images are then mirrored, left to right.
        scale: Factor of height and width; both become multiples of 32.
    """

    turns: int = 0
    flipped: bool = False
    scale: float = 1.0

    def change(self, images: Tensor) -> Tensor:
        """Return changed images, ``(N, B, H, W)``."""
        if self.scale != 1:
            height, width = (max(round(self.scale * n / STEP), 1) for n in images.shape[-2:])
            images = _resize(images, (STEP * height, STEP * width))
        images = images.rot90(self.turns, (-2, -1))
        return images.flip(-1) if self.flipped else images

    def restore(self, maps: Tensor, size: tuple[int, int]) -> Tensor:
        """Bring maps of changed images, ``(N, C, h, w)``, back to the images' size."""
        maps = maps.flip(-1) if self.flipped else maps
        maps = maps.rot90(-self.turns, (-2, -1))
        return maps if tuple(maps.shape[-2:]) == size else _resize(maps, size)


PLAIN = (View(),)


def _resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)


def views_of(options: PredictOptions) -> tuple[View, ...]:
    """Return the views that options ask for, the plain one first."""
    tta = options.tta or ()
    turns = range(4) if "turn" in tta else (0,)
    flips = (False, True) if "flip" in tta else (False,)
    scales = dict.fromkeys((1.0, *(options.tta_scales or ())))
    return tuple(View(*view) for view in itertools.product(turns, flips, scales))
