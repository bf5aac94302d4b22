"""Online self-training with a mean teacher."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment
from mmda.models.alignments.context import UDAContext
from mmda.registry import MODELS

MIXES = ("none", "class")


@MODELS.register_module()
class SelfTraining(Alignment):
    """Cross-entropy of the student's target prediction against the teacher's confident labels.

    The teacher (an exponential moving average of the student) labels the target's weak view. Its
    arg-max is a label where its largest probability reaches ``threshold``. The loss is divided by
    the number of *all* pixels, so that it grows as the teacher becomes confident. Pixels without
    data get no label.

    With ``mix='class'`` the student sees target images into which the pixels of half of the
    source label's classes are pasted, with their true labels (ClassMix; Tranheden et al. 2021,
    DACS). So one image shows the target's surroundings and objects with correct labels.

    Args:
        threshold: Lowest confidence of a pseudo-label, in [0, 1].
        weight: Weight of the loss.
        mix: ``'none'`` or ``'class'``. Mixing needs crops of one size in both domains.
        start: Iteration from which the alignment is active. Before it, the student learns from the
            source alone.
    """

    def __init__(
        self, threshold: float = 0.9, weight: float = 1.0, mix: str = "none", start: int = 0
    ) -> None:
        super().__init__(start)
        if not 0 <= threshold <= 1:
            raise ConfigError(f"SelfTraining: `threshold` must be in [0, 1], got {threshold}.")
        if mix not in MIXES:
            raise ConfigError(f"SelfTraining: unknown `mix` {mix!r}; expected one of {MIXES}.")
        self.threshold, self.weight, self.mix = threshold, weight, mix
        self.needs = frozenset({"teacher", "target" if mix == "none" else "target_images"})

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``loss_self`` and ``confident``, the share of the target's pixels with a label."""
        confidence, labels = context.teacher_probabilities().max(dim=1)
        weights = ((confidence >= self.threshold) & context.target_images.valid()).float()
        confident = weights.mean()
        if self.mix == "none":
            logits = context.target.upsampled()
        else:
            images, labels, weights = self._mixed(context, labels, weights)
            logits = context.run_student(images)
        entropy = F.cross_entropy(logits.float(), labels, reduction="none", ignore_index=255)
        return {"loss_self": self.weight * (entropy * weights).mean(), "confident": confident}

    def _mixed(
        self, context: UDAContext, labels: Tensor, weights: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the target's images, labels and weights with source pixels pasted into them."""
        source, target = context.source, context.target_images
        if source.images.shape != target.images.shape:
            raise ConfigError(
                f"SelfTraining: mix='class' needs equal crops, got source "
                f"{tuple(source.images.shape)} and target {tuple(target.images.shape)}. Crop both "
                "domains to one size."
            )
        truth = source.labels()
        pasted = torch.stack([class_mask(label) for label in truth])
        images = torch.where(pasted[:, None], source.images, target.images)
        return images, torch.where(pasted, truth, labels), weights.masked_fill(pasted, 1.0)


def class_mask(label: Tensor, ignore_index: int = 255) -> Tensor:
    """Return where ``label`` (H, W) has one of a random half (rounded up) of its classes.

    Class 0 is not chosen where other classes occur: a pasted background would replace the target's
    surroundings, which the student is to learn.
    """
    present = torch.unique(label)
    present = present[present != ignore_index]
    if len(present) > 1:
        present = present[present != 0]
    chosen = present[torch.randperm(len(present), device=label.device)[: (len(present) + 1) // 2]]
    return torch.isin(label, chosen)
