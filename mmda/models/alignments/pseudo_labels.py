"""Cross-entropy on pseudo-labels that a sweep has written."""

from __future__ import annotations

from collections.abc import Sequence

import torch
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
        balance: Whether the labels of a class weigh as much as all of its predictions: each
            labelled pixel's loss is divided by the share of its class that became labels, at
            most multiplied by 10. Of classes that the model is sure of the median rule keeps
            nearly all pixels, of others half, and so teaches the target too few of the others.
            False as published. ``PseudoLabelHook`` tells the shares.
        start: Iteration at which the second step begins; 40 000 of 120 000 as published.
    """

    def __init__(
        self,
        weights: dict[str, float] | None = None,
        balance: bool = False,
        start: int = 0,
    ) -> None:
        super().__init__(start)
        self.balance = balance
        #: Weight of each class's labels, (C,); None while the shares are not known.
        self.class_weights: Tensor | None = None
        self.weights = {"decode": 1.0} if weights is None else dict(weights)
        if not self.weights or min(self.weights.values()) <= 0:
            raise ConfigError(
                "PseudoLabels: weights must be above 0 and name at least one head, got "
                f"{self.weights}."
            )

    def tell_kept(self, shares: Sequence[float]) -> None:
        """Take the share of each class's predicted pixels that became labels, for ``balance``."""
        kept = torch.tensor(shares, dtype=torch.float32)
        self.class_weights = 1 / kept.where(kept > 0, 1).clamp(min=0.1)

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``<head>.loss_pseudo`` of each head, and ``labelled``, the share of pixels."""
        target = context.target
        labels = target.pseudo_labels()
        labelled = (labels != 255).float()
        share = labelled.mean()
        class_weights = self._class_weights(labels)
        everywhere = labelled.sum()
        if class_weights is not None:
            everywhere = (class_weights[labels.where(labels != 255, 0)] * labelled).sum()
        all_reduce(everywhere, "mean")
        losses = {}
        for head, weight in self.weights.items():
            if head not in target.logits:
                raise ConfigError(
                    f"PseudoLabels: `weights` names the head `{head}`, but the segmentor has "
                    f"{sorted(target.logits)}."
                )
            entropy = F.cross_entropy(
                target.upsampled(head).float(),
                labels,
                class_weights,
                reduction="sum",
                ignore_index=255,
            )
            losses[f"{head}.loss_pseudo"] = weight * entropy / everywhere.clamp(min=1e-6)
        return {**losses, "labelled": share}

    def _class_weights(self, labels: Tensor) -> Tensor | None:
        if not self.balance:
            return None
        if self.class_weights is None:
            raise ConfigError(
                "PseudoLabels: `balance` needs the report of the sweep that wrote the labels. Add "
                "`dict(type='PseudoLabelHook')` to `custom_hooks`, or set `balance=False`."
            )
        return self.class_weights.to(labels.device)
