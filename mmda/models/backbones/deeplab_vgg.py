"""VGG-16 as DeepLab-v2 uses it: dilated in place of its last two poolings."""

from __future__ import annotations

from itertools import pairwise

from mmcv.cnn.vgg import VGG, make_vgg_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmda.registry import MODELS

BLOCKS = VGG.arch_settings[16]
DILATIONS = (1, 1, 1, 1, 2)
POOL4 = 23  # place among the layers; the fifth pooling is the last of them


class VGG16Features(BaseModule):
    """VGG-16's thirteen convolutions at 1/8 of the image's size, under torchvision's names.

    The fourth and the fifth pooling are left out, and the last three convolutions are dilated by 2
    instead.

    Args:
        in_channels: Bands of the images.
        base_channels: Channels of the first stage, 64 as published; the last has 8 times as many.
        init_cfg: Initialisation, as in MMEngine.
    """

    def __init__(
        self, in_channels: int = 3, base_channels: int = 64, init_cfg: dict | list | None = None
    ) -> None:
        super().__init__(init_cfg)
        widths = pairwise([in_channels, *(base_channels * n for n in (1, 2, 4, 8, 8))])
        layers = [
            layer
            for (before, after), blocks, dilation in zip(widths, BLOCKS, DILATIONS, strict=True)
            for layer in make_vgg_layer(before, after, blocks, dilation)
        ]
        layers[POOL4] = nn.Identity()  # so that the layers behind it keep their names
        self.features = nn.Sequential(*layers[:-1])

    def forward(self, images: Tensor) -> Tensor:
        """Return features (N, 8 * base_channels, H / 8, W / 8) of images (N, B, H, W)."""
        return self.features(images)


@MODELS.register_module()
class DeepLabVGG16(BaseModule):
    """VGG-16 with output stride 8, the smaller network of AdaptSegNet, CBST, BDL and others.

    On :class:`VGG16Features` follow the two formerly fully connected layers as 3x3 convolutions of
    1024 channels, dilated by 4 and, as in AdaptSegNet's public code, initialised at random. There
    is no batch norm, so both domains go through the network in one pass.

    The feature maps are conv5 with 512 channels, for a second classifier, and fc7 with 1024.

    Args:
        in_channels: Bands of the images. Weights of three bands leave a first layer of others
            random.
        base_channels: Channels of the first stage, 64 as published; conv5 has 8 times as many, fc6
            and fc7 16 times.
        init_cfg: Initialisation of the thirteen convolutions, as in MMEngine.
    """

    def __init__(
        self, in_channels: int = 3, base_channels: int = 64, init_cfg: dict | list | None = None
    ) -> None:
        super().__init__()
        conv5, wide = 8 * base_channels, 16 * base_channels
        self.trunk = VGG16Features(in_channels, base_channels, init_cfg)
        self.fully_connected = nn.Sequential(
            nn.Conv2d(conv5, wide, 3, padding=4, dilation=4),
            nn.ReLU(inplace=True),
            nn.Conv2d(wide, wide, 3, padding=4, dilation=4),
            nn.ReLU(inplace=True),
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return conv5 and fc7, (N, C, H / 8, W / 8), of images (N, B, H, W)."""
        conv5 = self.trunk(images)
        return conv5, self.fully_connected(conv5)
