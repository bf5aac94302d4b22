"""CDGA's conditional discriminator, in factorised form."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from mmda.models.discriminators.pixel_discriminator import PixelDiscriminator
from mmda.registry import MODELS


@MODELS.register_module()
class ConditionalDiscriminator(PixelDiscriminator):
    r"""Judges each group's maps under the condition of its class distribution (CDGA, Eq. 4).

    The published input is the outer product :math:`F^k \otimes Q^k` of C * C channels, with
    :math:`F^k = H^k p`. As :math:`Q^k` is constant over space and the first layer is linear,

    .. math:: W * (F^k \otimes Q^k) = W^k * F^k, \quad W^k_{oi} = \sum_j W_{o,jC+i} Q^k_j,

    so the outer product is never computed: each sample and group has a small kernel of C input
    channels. Values and gradients are those of the published form, at a fraction of its cost
    (``benchmarks/conditional_discriminator.py``).

    Args:
        num_classes: Number of classes C; the first layer has C * C input channels.
        channels: Width of the first layer.
        num_layers: Number of convolutions.
        normalise: Whether the input is multiplied by K * C. Assignments and condition each sum to
            1, so the input is about K * C times smaller than the softmax maps that an output-space
            discriminator sees. With the factor it equals them where groups and condition are
            uniform. False as published.
        init_cfg: Initialisation, as in MMEngine; the convolutions' own by default.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 64,
        num_layers: int = 5,
        normalise: bool = False,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(num_classes**2, channels, num_layers, init_cfg)
        self.num_classes, self.normalise = num_classes, normalise
        # The last two convolutions have small maps and large kernels, and run on all groups
        # together. The convolutions before them have large maps, and run on one group at a time, so
        # that their working memory is that of one group.
        self._joint = max(1, len(self.layers) - 4)

    def forward(  # type: ignore[override]
        self, probabilities: Tensor, groups: Tensor, condition: Tensor
    ) -> Tensor:
        """Return domain logits of each group.

        Args:
            probabilities: Softmax maps p, (N, C, H, W).
            groups: Assignment H, (N, K, H, W).
            condition: Q, (N, K, C).

        Returns:
            (N, K, h, w), where h and w are ``H / 2**num_layers`` and ``W / 2**num_layers``,
            rounded down.
        """
        if self.normalise:  # the input is linear in the condition
            condition = condition * condition[0].numel()
        kernels = self._kernels(condition)
        maps = [
            self._each(probabilities, groups[:, k : k + 1], kernels[:, k])
            for k in range(groups.shape[1])
        ]
        logits = self.layers[self._joint :](torch.cat(maps))
        return logits.squeeze(1).unflatten(0, (len(maps), -1)).transpose(0, 1)

    def _each(self, probabilities: Tensor, group: Tensor, kernels: Tensor) -> Tensor:
        """Return one group's maps after the layers that take the groups one by one.

        Args:
            probabilities: p, (N, C, H, W).
            group: H^k, (N, 1, H, W).
            kernels: (N, channels, C, 4, 4).
        """
        # F^k = H^k p would be the largest map to be kept, so it is computed again in the backward.
        maps = [
            checkpoint(self._first_layer, *one, use_reentrant=False, preserve_rng_state=False)
            for one in zip(probabilities.split(1), group.split(1), kernels, strict=True)
        ]
        return self.layers[1 : self._joint](torch.cat(maps) if len(maps) > 1 else maps[0])

    def _kernels(self, condition: Tensor) -> Tensor:
        """Return each sample's and group's kernel, (N, K, channels, C, 4, 4)."""
        # unflatten: the outer product's channel jC + i belongs to Q_j and F_i.
        weight: Any = self.layers[0].weight
        weight = weight.unflatten(1, (self.num_classes, self.num_classes))
        return torch.einsum("ojiyx,nkj->nkoiyx", weight, condition)

    def _first_layer(self, probabilities: Tensor, group: Tensor, kernel: Tensor) -> Tensor:
        # One convolution per group is faster than one grouped convolution, measured on a CPU.
        layer: Any = self.layers[0]
        return F.conv2d(group * probabilities, kernel, layer.bias, layer.stride, layer.padding)
