"""The generator of CycleGAN."""

from __future__ import annotations

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.registry import MODELS

INIT = dict(type="Normal", std=0.02, layer=["Conv2d", "ConvTranspose2d"])
STRIDE = 4  # pixels of the input per pixel of the blocks' maps
UPSAMPLING = ("transposed", "resize")


@MODELS.register_module()
class ResNetGenerator(BaseModule):
    """Residual blocks at a quarter of the resolution (Zhu et al. 2017, appendix 7.2).

    The layers are a 7x7 convolution, two of stride 2, the blocks, two of stride 1/2, a 7x7
    convolution and tanh, with instance norm (without scale and shift) and reflection padding.

    Args:
        bands: Bands of the images.
        channels: Channels of the first layer, 64 as published; the blocks have 4 times as many.
        blocks: Number of residual blocks. Published: 9 for images of 256 pixels and more, else 6.
        upsample: ``'transposed'`` convolutions as published; or ``'resize'``, nearest-neighbour
            upsampling and a 3x3 convolution, which makes no checkerboard pattern.
        init_cfg: Initialisation, as in MMEngine; by default normal with a standard deviation of
            0.02, as published.

    Raises:
        ConfigError: When ``upsample`` is unknown.
    """

    def __init__(
        self,
        bands: int = 3,
        channels: int = 64,
        blocks: int = 9,
        upsample: str = "transposed",
        init_cfg: dict | list | None = INIT,
    ) -> None:
        super().__init__(init_cfg)
        if upsample not in UPSAMPLING:
            raise ConfigError(
                f"ResNetGenerator: unknown `upsample` {upsample!r}; expected one of {UPSAMPLING}."
            )
        wide = channels * STRIDE
        layers = [
            *_outer(bands, channels),
            *_normed(nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1)),
            *_normed(nn.Conv2d(2 * channels, wide, 3, stride=2, padding=1)),
            *(ResidualBlock(wide) for _ in range(blocks)),
            *_normed(*_upsampling(wide, 2 * channels, upsample)),
            *_normed(*_upsampling(2 * channels, channels, upsample)),
            nn.ReflectionPad2d(3),
            nn.Conv2d(channels, bands, 7),
            nn.Tanh(),
        ]
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Translate images.

        Args:
            images: (N, bands, H, W), normalised to [-1, 1]; sides of at least 8 pixels.

        Returns:
            (N, bands, H, W) in [-1, 1].
        """
        height, width = images.shape[-2:]
        padding = (0, -width % STRIDE, 0, -height % STRIDE)
        if any(padding):
            images = F.pad(images, padding, mode="reflect")
        return self.layers(images)[..., :height, :width]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions whose output is added to their input.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            *_normed(nn.Conv2d(channels, channels, 3)),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return features + layers(features), (N, channels, h, w)."""
        return features + self.layers(features)


def _outer(before: int, after: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(3), *_normed(nn.Conv2d(before, after, 7))]


def _normed(*layers: nn.Module) -> list[nn.Module]:
    """Append instance norm, for the channels of the last layer, and ReLU."""
    channels: int = layers[-1].out_channels  # type: ignore[assignment]
    return [*layers, nn.InstanceNorm2d(channels), nn.ReLU(inplace=True)]


def _upsampling(before: int, after: int, kind: str) -> list[nn.Module]:
    if kind == "transposed":
        return [nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=1)]
    return [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(before, after, 3, padding=1)]
