"""A discriminator of single vectors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmda.registry import MODELS


@MODELS.register_module()
class VectorDiscriminator(BaseModule):
    """Fully connected layers with LeakyReLU between them, applied to each cell of a map.

    With channels 256, 512 and 1 it is that of patch-level alignment (Tsai et al. 2019, section
    3.4). The layers are 1 x 1 convolutions, so no cell sees another.

    Args:
        in_channels: Length of the vectors.
        channels: Widths of the layers before the last.
        init_cfg: Initialisation, as in MMEngine; the convolutions' own by default.
    """

    reduction = 1

    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int] = (256, 512),
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        layers: list[nn.Module] = []
        widths = [in_channels, *channels, 1]
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 1), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, maps: Tensor) -> Tensor:
        """Return domain logits (N, 1, H, W) of the vectors of maps (N, in_channels, H, W)."""
        return self.layers(maps)
