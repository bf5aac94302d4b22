"""The learned grouping."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from mmcv.cnn import build_norm_layer
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmda.models.grouping.base import Grouping
from mmda.registry import MODELS
from mmda.utils.modes import evaluating


@MODELS.register_module()
class GroupHead(Grouping):
    """Two 1x1 convolutions on the softmax maps and a softmax over groups (CDGA, section 3).

    The losses of :class:`~mmda.models.alignments.GroupAlignment` train it. In training, batch
    normalisation uses the statistics of each domain in each process (of all processes with
    ``norm_cfg=dict(type='SyncBN')``); in evaluation, and for fewer than two pixels that count
    (but for SyncBN), running statistics of both domains. Pixels that do not count are left out of
    the statistics.

    Args:
        num_groups: Number of groups K.
        num_classes: Number of classes C.
        channels: Width of the hidden layer.
        norm_cfg: Normalisation after the ReLU, as published; ``None`` for none.
        init_cfg: Initialisation, as in MMEngine; the convolutions' own by default.
    """

    def __init__(
        self,
        num_groups: int,
        num_classes: int,
        channels: int = 64,
        norm_cfg: dict | None = {"type": "BN"},  # noqa: B006  (MMSegmentation's idiom, never written)
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(num_groups, init_cfg)
        norm = nn.Identity() if norm_cfg is None else build_norm_layer(norm_cfg, channels)[1]
        self.layers = nn.Sequential(
            nn.Conv2d(num_classes, channels, 1),
            nn.ReLU(inplace=True),
            norm,
            nn.Conv2d(channels, num_groups, 1),
        )

    def forward(
        self,
        probabilities: Tensor,
        features: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Return the assignment (N, K, H, W); see :class:`Grouping`."""
        if mask is None:
            return self.layers(probabilities).float().softmax(1)
        pixels = int(mask.sum())
        if pixels > 1 or (pixels and not self._normalises_by(_BatchNorm)):
            return self._masked(probabilities, mask)
        # SyncBN must run in all processes, or the others would wait for this one.
        synchronised = self._normalises_by(nn.SyncBatchNorm)
        with nullcontext() if synchronised else evaluating(self.layers):
            return self.forward(probabilities) * mask[:, None]

    def _normalises_by(self, kind: type[nn.Module]) -> bool:
        return any(isinstance(layer, kind) for layer in self.layers)

    def _masked(self, probabilities: Tensor, mask: Tensor) -> Tensor:
        """Run the layers on the pixels that count, since normalisation has statistics over them."""
        maps = probabilities.permute(0, 2, 3, 1)
        over_batch = self._normalises_by(_BatchNorm)
        chosen = [maps[mask]] if over_batch else [m[k] for m, k in zip(maps, mask, strict=True)]
        groups = [
            self.layers(pixels.T[None, :, :, None]).float().softmax(1)[0, :, :, 0].T
            for pixels in chosen
            if len(pixels)
        ]
        placed = groups[0].new_zeros(*mask.shape, self.num_groups)
        placed[mask] = torch.cat(groups)
        return placed.permute(0, 3, 1, 2)
