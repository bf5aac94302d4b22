"""The discriminator of CycleGAN."""

from __future__ import annotations

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmda.models.cyclegan.generator import INIT
from mmda.registry import MODELS


@MODELS.register_module()
class PatchDiscriminator(BaseModule):
    """Judges overlapping patches, of 70 x 70 pixels by default (Isola et al. 2017, PatchGAN).

    The layers are 4x4 convolutions with LeakyReLU 0.2 between them, ``num_layers`` of stride 2 and
    then two of stride 1. All but the first and the last have instance norm.

    Args:
        bands: Bands of the images.
        channels: Channels of the first layer. Each layer doubles them, up to 8 times as many.
        num_layers: Number of convolutions with stride 2. The patches' side is 16, 34, 70 or 142
            pixels for 1, 2, 3 or 4.
        init_cfg: Initialisation, as in MMEngine; by default normal with a standard deviation of
            0.02, as published.
    """

    def __init__(
        self,
        bands: int = 3,
        channels: int = 64,
        num_layers: int = 3,
        init_cfg: dict | list | None = INIT,
    ) -> None:
        super().__init__(init_cfg)
        layers: list[nn.Module] = [
            nn.Conv2d(bands, channels, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        width = channels
        for index in range(1, num_layers + 1):
            before, width = width, channels * min(2**index, 8)
            stride = 2 if index < num_layers else 1
            layers += [
                nn.Conv2d(before, width, 4, stride=stride, padding=1),
                nn.InstanceNorm2d(width),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, 1, 4, padding=1))

    def forward(self, images: Tensor) -> Tensor:
        """Return a map of scores, (N, 1, h, w), for images (N, bands, H, W)."""
        return self.layers(images)
