"""Online self-training with a mean teacher."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment
from mmda.models.alignments.context import UDAContext
from mmda.registry import MODELS
from mmda.utils.distributed import counted_mean

MIXES = ("none", "class")


@MODELS.register_module()
class SelfTraining(Alignment):
    """Cross-entropy of the student's target prediction against the teacher's confident labels.

    The teacher (an exponential moving average of the student) labels the target's weak view. Its
    arg-max is a label where its largest probability reaches ``threshold``. The loss is divided by
    the number of *all* pixels with data, so that it grows as the teacher becomes confident. Pixels
    without data get no label and do not count.

    With ``mix='class'`` the student sees target images into which the pixels of half of the
    source label's classes are pasted, with their true labels (ClassMix; Tranheden et al. 2021,
    DACS). So one image shows the target's surroundings and objects with correct labels. The
    background is not chosen where other classes occur: it would replace the target's surroundings,
    which the student is to learn. Which class is the background, if any, is told by the source
    dataset, see :class:`~mmda.datasets.TiledDataset`.

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
        images = context.target_images
        mask, sure = images.mask(images.size), confidence >= self.threshold
        confident = counted_mean(sure.float(), mask)
        if self.mix == "none":
            logits = context.target.upsampled()
        else:
            mixed, pasted, truth = self._mixed(context)
            labels, sure = torch.where(pasted, truth, labels), sure | pasted
            mask = None if mask is None else mask | pasted
            logits = context.run_student(mixed)
        entropy = F.cross_entropy(logits.float(), labels, reduction="none", ignore_index=255)
        loss = counted_mean(entropy * sure, mask)
        return {"loss_self": self.weight * loss, "confident": confident}

    def _mixed(self, context: UDAContext) -> tuple[Tensor, Tensor, Tensor]:
        """Return the target's images with source pixels pasted in, where, and the source's labels.

        They are (N, B, H, W), (N, H, W) bool and (N, H, W).
        """
        source, target = context.source, context.target_images
        if source.images.shape != target.images.shape:
            raise ConfigError(
                f"SelfTraining: mix='class' needs equal crops, got source "
                f"{tuple(source.images.shape)} and target {tuple(target.images.shape)}. Crop both "
                "domains to one size."
            )
        truth = source.labels()
        if (mask := source.mask(source.size)) is not None:
            truth = truth.masked_fill(~mask, 255)
        backgrounds = [sample.metainfo.get("background") for sample in source.samples]
        pasted = torch.stack([class_mask(*one) for one in zip(truth, backgrounds, strict=True)])
        images = torch.where(pasted[:, None], source.images, target.images)
        return images, pasted, truth


def class_mask(label: Tensor, background: int | None, ignore_index: int = 255) -> Tensor:
    """Return where a label map has one of a random half (rounded up) of its classes.

    Args:
        label: (H, W) int64, 0 to 255.
        background: Class that is not chosen where other classes occur; None for none.
        ignore_index: Label of pixels without class.

    Returns:
        (H, W) bool.
    """
    # Nothing is read from the device: absent classes come last in a random order of all.
    present = torch.zeros(256, dtype=torch.bool, device=label.device)
    present.scatter_(0, label.flatten(), True)
    present[ignore_index] = False
    if background is not None:
        present[background] &= present.sum() == 1
    order = torch.rand(256, device=label.device).masked_fill(~present, 2).argsort()
    chosen = order.argsort() < (present.sum() + 1) // 2
    return chosen[label]
