"""The patch-wise discriminator of AdaptSegNet and its successors."""

from __future__ import annotations

from itertools import pairwise

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmda.registry import MODELS


@MODELS.register_module()
class PixelDiscriminator(BaseModule):
    """Five 4x4 convolutions of stride 2 with LeakyReLU between them (AdaptSegNet, section 4.1).

    Args:
        in_channels: Channels of the input: the number of classes for output space, the channels of
            the feature map for feature level.
        channels: Width of the first layer; the next ones have 2, 4 and 8 times as many.
        num_layers: Number of convolutions, at least 1. Small maps need fewer.
        init_cfg: Initialisation, as in MMEngine; the convolutions' own by default.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int = 64,
        num_layers: int = 5,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        widths = [in_channels, *(channels * 2**i for i in range(num_layers - 1)), 1]
        layers: list[nn.Module] = []
        for index, (before, after) in enumerate(pairwise(widths)):
            if index:
                layers.append(nn.LeakyReLU(0.2, inplace=True))
            layers.append(nn.Conv2d(before, after, 4, stride=2, padding=1))
        self.layers = nn.Sequential(*layers)
        self.reduction = 2**num_layers

    def forward(self, maps: Tensor) -> Tensor:
        """Return domain logits.

        Args:
            maps: (N, in_channels, H, W), H and W at least ``2 ** num_layers``.

        Returns:
            (N, 1, H / 2**num_layers, W / 2**num_layers), rounded down.
        """
        return self.layers(maps)
