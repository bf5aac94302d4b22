"""The function that an ONNX file holds: from raw pixels to the probabilities of the classes."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from mmda.models.segmentors import UDASegmentor


class PixelsToProbabilities(nn.Module):
    """Normalisation, padding, network, resizing, temperature and softmax in one module.

    Args:
        network: A model in evaluation mode. It sees an image as a whole.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: UDASegmentor) -> None:
        super().__init__()
        preprocessor: Any = network.data_preprocessor
        mean, std = preprocessor.statistics(preprocessor.test_domain)
        self.register_buffer("mean", mean.clone())
        self.register_buffer("std", std.clone())
        self.divisor = preprocessor.size_divisor or 1
        self.pad_val = preprocessor.pad_val
        self.segmentor: Any = network.predictor
        self.temperature = network.temperature

    def forward(self, image: Tensor) -> Tensor:
        """Return probabilities (N, C, H, W) of raw pixels (N, B, H, W), both float32."""
        height, width = image.shape[-2:]
        inputs = (image - self.mean) / self.std
        if self.divisor > 1:
            padding = (0, -width % self.divisor, 0, -height % self.divisor)
            inputs = F.pad(inputs, padding, value=self.pad_val)
        logits = F.interpolate(
            self.segmentor._forward(inputs),
            inputs.shape[-2:],
            mode="bilinear",
            align_corners=self.segmentor.align_corners,
        )
        return (logits / self.temperature).softmax(1)[..., :height, :width]
