"""Batch norm by the statistics of the images at hand, of which gradients are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from mmda.models.batch_norm.layers import batch_norm_layers, cell_weights


def normalise(
    layer: Any, maps: Tensor, weights: Tensor | None, blend: float, by_image: bool
) -> Tensor:
    """Return what a batch-norm layer gives with the statistics of its input.

    Args:
        layer: The layer; its stored statistics are not changed.
        maps: (N, C, h, w).
        weights: Weight of each cell in the statistics, (N, h, w); None for 1 each.
        blend: Share ``a`` of the stored statistics in ``a * stored + (1 - a) * input``, in [0, 1].
        by_image: Whether each image has its own statistics, or the batch has one.

    Returns:
        (N, C, h, w). An image, or a batch, has the stored statistics where at most one cell of it
        counts: one value has no variance, as after pooling to one cell.
    """
    values, axes = maps.float(), (2, 3) if by_image else (0, 2, 3)
    shape = (1, -1, 1, 1)
    stored = layer.running_mean.view(shape), layer.running_var.view(shape)
    if weights is None:
        variance, mean = torch.var_mean(values, axes, keepdim=True, correction=0)
        share: Any = blend if values[0, 0].numel() * (1 if by_image else len(values)) > 1 else 1.0
    else:
        counted = weights[:, None].to(values.dtype)
        count = counted.sum(axes, keepdim=True)
        total = count.clamp(min=1e-12)
        seen = values.where(counted > 0, 0)
        mean = (seen * counted).sum(axes, keepdim=True) / total
        distances = (seen - mean).square()
        variance = (distances * counted).sum(axes, keepdim=True) / total
        share = torch.where((counted > 0).sum(axes, keepdim=True) > 1, blend, 1.0)
    mean, variance = (
        share * old + (1 - share) * new for old, new in zip(stored, (mean, variance), strict=True)
    )
    result = (values - mean) * (variance + layer.eps).rsqrt()
    if layer.affine:
        result = result * layer.weight.view(shape) + layer.bias.view(shape)
    return result.to(maps.dtype)


@contextmanager
def normalised_by_input(
    network: nn.Module, counted: Tensor | None, blend: float, by_image: bool
) -> Iterator[None]:
    """Let all batch-norm layers normalise by their input inside the block.

    Args:
        network: The network, in evaluation mode.
        counted: Which pixels of the images count, (N, H, W) bool; None for all.
        blend: As in :func:`normalise`.
        by_image: As in :func:`normalise`.

    Raises:
        ConfigError: When the network has no batch norm.
    """

    def replaced(layer: Any, inputs: tuple[Tensor], _: Tensor) -> Tensor:
        (maps,) = inputs
        height, width = maps.shape[-2:]
        weights = None if counted is None else cell_weights(counted, (height, width))
        return normalise(layer, maps, weights, blend, by_image)

    hook: Callable[..., Tensor] = replaced
    handles = [layer.register_forward_hook(hook) for layer in batch_norm_layers(network).values()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
