"""The mean teacher."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmda.errors import ConfigError


class Teacher(nn.Module):
    """An exponential moving average of a segmentor, buffers included.

    It always runs in evaluation mode and without gradient. Floating-point buffers (batch-norm
    statistics) are averaged as the parameters are; integer ones are copied.

    Args:
        segmentor: The student to copy.
        momentum: Share of the teacher's value that an update keeps, in [0, 1].
        warm_up: Whether update n, counted from 0, keeps ``min(momentum, 1 - 1 / (n + 1))``, so that
            the first one copies the student. Set it to False where the student starts trained, as
            in source-free adaptation: the teacher then moves slowly from the start.
    """

    def __init__(self, segmentor: nn.Module, momentum: float = 0.999, warm_up: bool = True) -> None:
        super().__init__()
        if not 0 <= momentum <= 1:
            raise ConfigError(f"teacher: `momentum` must be in [0, 1], got {momentum}.")
        self.momentum, self.warm_up = momentum, warm_up
        self.segmentor: Any = copy.deepcopy(segmentor).requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Teacher:
        """Stay in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def update(self, student: nn.Module, updates: int) -> None:
        """Move towards the student.

        Args:
            student: The segmentor that is trained.
            updates: Number of updates before this one.
        """
        kept = min(self.momentum, 1 - 1 / (updates + 1)) if self.warm_up else self.momentum
        rate = 1 - kept
        own, others = _tensors(self.segmentor), _tensors(student)
        floating = [i for i, tensor in enumerate(own) if tensor.is_floating_point()]
        torch._foreach_lerp_([own[i] for i in floating], [others[i] for i in floating], rate)
        for tensor, other in zip(own, others, strict=True):
            if not tensor.is_floating_point():
                tensor.copy_(other)

    @torch.no_grad()
    def copy_from(self, student: nn.Module) -> None:
        """Take over the student's parameters and buffers."""
        self.segmentor.load_state_dict(student.state_dict())

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Return softmax maps (N, C, H, W) of images (N, B, H, W)."""
        network = self.segmentor
        logits, corners = network(images).float(), network.align_corners
        size = images.shape[-2:]
        return F.interpolate(logits, size, mode="bilinear", align_corners=corners).softmax(1)


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*(p.data for p in module.parameters()), *module.buffers()]
