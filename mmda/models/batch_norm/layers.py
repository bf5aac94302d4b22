"""Which layers have statistics, and which cells of their maps count."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmda.errors import ConfigError


def batch_norm_layers(network: nn.Module) -> dict[str, Any]:
    """Return the batch-norm layers of a network that keep statistics, by name.

    Raises:
        ConfigError: When there are none.
    """
    layers = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, _BatchNorm) and module.running_mean is not None
    }
    if not layers:
        kinds = {type(m).__name__ for m in network.modules() if "Norm" in type(m).__name__}
        found = f"its normalisation layers are {', '.join(sorted(kinds))}" if kinds else "it has no"
        raise ConfigError(
            "The model has no batch norm with statistics of its training data "
            f"({found}), so there is nothing to estimate anew. Train one with "
            "`norm_cfg=dict(type='BN')` in backbone and heads."
        )
    return layers


def cell_weights(counted: Tensor, size: tuple[int, int]) -> Tensor:
    """Return how much each cell of a feature map counts in a statistic.

    A cell covers a block of pixels. It counts if all of them do, so that cells which show filled
    pixels are left out. In an image without such a cell (an image pooled to one cell, or invalid
    pixels all over it) each cell weighs the share of its pixels that count.

    Args:
        counted: Which pixels count, (N, H, W) bool.
        size: Height h and width w of the feature map.

    Returns:
        (N, h, w) float32 in [0, 1]; all 0 for an image in which no pixel counts.
    """
    shares = F.adaptive_avg_pool2d(counted[:, None].float(), size)[:, 0]
    whole = (shares > 1 - 1e-6).float()
    return whole.where(whole.flatten(1).amax(1).bool()[:, None, None], shares)
