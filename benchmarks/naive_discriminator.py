"""The reference of ``conditional_discriminator.py``: CDGA's discriminator as it is published."""

from __future__ import annotations

import torch
from torch import Tensor

from mmda.models.discriminators import PixelDiscriminator


class NaiveDiscriminator(PixelDiscriminator):
    """Judges the outer product of each group's maps and its condition, C * C channels (Eq. 4).

    Its parameters are those of :class:`~mmda.models.discriminators.ConditionalDiscriminator`. The
    groups go through one by one, which is the naive form that needs least memory.

    Args:
        num_classes: Number of classes C.
        channels: Width of the first layer.
        num_layers: Number of convolutions.
    """

    def __init__(self, num_classes: int, channels: int = 64, num_layers: int = 5) -> None:
        super().__init__(num_classes**2, channels, num_layers)

    def forward(  # type: ignore[override]
        self, probabilities: Tensor, groups: Tensor, condition: Tensor
    ) -> Tensor:
        """Return domain logits of each group, (N, K, h, w).

        Args:
            probabilities: Softmax maps p, (N, C, H, W).
            groups: Assignment H, (N, K, H, W).
            condition: Q, (N, K, C).
        """
        logits = []
        for group, q in zip(groups.unbind(1), condition.unbind(1), strict=True):
            maps = group[:, None] * probabilities
            outer = q[:, :, None, None, None] * maps[:, None]  # Q-major: (N, C, C, H, W)
            logits.append(self.layers(outer.flatten(1, 2)))
        return torch.cat(logits, 1)
