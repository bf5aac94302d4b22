"""Cross-entropy on pseudo-labels that a sweep has written."""

from __future__ import annotations

import torch.nn.functional as F
from mmengine.dist import all_reduce
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment
from mmda.models.alignments.context import UDAContext
from mmda.registry import MODELS


@MODELS.register_module()
class PseudoLabels(Alignment):
    """The second step of self-training: the target's cross-entropy L_seg^T (ISIA and AIM, Eq. 13).

    The labels come with the samples: ``LoadPseudoLabel`` reads them, and ``PseudoLabelHook``
    writes them at iteration ``start``, or ``mmda pseudo_label`` has done so before. The loss is the
    mean over the labelled pixels of the batch of all processes, as the source's is over its own;
    0 where no pixel is labelled.

    Args:
        weights: Weight of the loss by head: ``decode``, and ``aux`` (or ``aux_0``, ...) where the
            auxiliary heads shall learn from the target too. By default ``decode`` alone, 1.
        start: Iteration at which the second step begins; 40 000 of 120 000 as published.
    """

    def __init__(self, weights: dict[str, float] | None = None, start: int = 0) -> None:
        super().__init__(start)
        self.weights = {"decode": 1.0} if weights is None else dict(weights)
        if not self.weights or min(self.weights.values()) <= 0:
            raise ConfigError(
                "PseudoLabels: weights must be above 0 and name at least one head, got "
                f"{self.weights}."
            )

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``<head>.loss_pseudo`` of each head, and ``labelled``, the share of pixels."""
        target = context.target
        assert target is not None
        labels = target.pseudo_labels()
        labelled = (labels != 255).float()
        share = labelled.mean()
        everywhere = labelled.sum()
        all_reduce(everywhere, "mean")
        losses = {}
        for head, weight in self.weights.items():
            if head not in target.logits:
                raise ConfigError(
                    f"PseudoLabels: `weights` names the head `{head}`, but the segmentor has "
                    f"{sorted(target.logits)}."
                )
            entropy = F.cross_entropy(
                target.upsampled(head).float(), labels, reduction="sum", ignore_index=255
            )
            losses[f"{head}.loss_pseudo"] = weight * entropy / everywhere.clamp(min=1e-6)
        return {**losses, "labelled": share}
