"""ResNet as in DeepLab's Caffe models, whose weights the public adaptation codes start from."""

from __future__ import annotations

from typing import Any

from mmseg.models.backbones import ResNet
from torch import nn

from mmda.registry import MODELS


@MODELS.register_module()
class DeepLabResNet(ResNet):
    """ResNet with a 7x7 stem, strides in the blocks' first convolution, and rounded-up pooling.

    The features of an image of H x W pixels thus have ceil-like sizes such as 65 x 129 at stride 8
    for 512 x 1024 pixels (Chen et al., *DeepLab*, TPAMI 2017).

    Args:
        ceil_mode: Whether the pooling's output size is rounded up.
        kwargs: As in MMSegmentation's ``ResNet``; ``style`` is ``"caffe"``.
    """

    def __init__(self, ceil_mode: bool = True, **kwargs: Any) -> None:
        super().__init__(**{"style": "caffe", **kwargs})
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=ceil_mode)
