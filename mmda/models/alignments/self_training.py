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

    The teacher (an exponential moving average of the student) labels the target's weak view; its
    arg-max counts where its maximum probability reaches ``threshold``. The loss is the mean over
    *all* pixels, so it grows by itself as the teacher becomes confident. Pixels without data do
    not count.

    With ``mix='class'`` the student sees target images into which the pixels of half of the
    source label's classes are pasted, with their true labels (ClassMix; Tranheden et al. 2021,
    DACS). It then meets target surroundings and correct labels in one image.

    Args:
        threshold: Confidence a pseudo-label needs, in [0, 1].
        weight: Weight of the loss.
        mix: ``'none'`` or ``'class'``. Mixing needs crops of one size in both domains.
        start: Iteration from which the alignment is active: let the source train first.
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
        """Return ``loss_self`` and ``confident``, the fraction of target pixels that counted."""
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
        """Paste source pixels into the target's images, labels and weights."""
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

    Class 0 is never chosen where others occur: pasting the background would replace the target's
    surroundings, which are what the student is to learn.
    """
    present = torch.unique(label)
    present = present[present != ignore_index]
    if len(present) > 1:
        present = present[present != 0]
    chosen = present[torch.randperm(len(present), device=label.device)[: (len(present) + 1) // 2]]
    return torch.isin(label, chosen)
