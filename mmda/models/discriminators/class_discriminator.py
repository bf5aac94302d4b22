"""A discriminator that tells domain and class at once."""

from __future__ import annotations

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmda.registry import MODELS


@MODELS.register_module()
class ClassDiscriminator(BaseModule):
    """Two 3 x 3 convolutions, and one classifier for each domain (FADA, Wang et al. 2020).

    Args:
        in_channels: Channels of the feature map.
        num_classes: Number of classes C.
        channels: Width of the first layer; the second has half of it.
        init_cfg: Initialisation, as in MMEngine; the convolutions' own by default.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        channels: int = 512,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, channels, 3, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(channels, channels // 2, 3, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        )
        self.source = nn.Conv2d(channels // 2, num_classes, 3, padding=1)
        self.target = nn.Conv2d(channels // 2, num_classes, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        """Return logits (N, 2 * C, h, w) of features (N, in_channels, h, w).

        The first C are of the source's classes, the others of the target's.
        """
        hidden = self.layers(maps)
        return torch.cat([self.source(hidden), self.target(hidden)], 1)
