"""Cross-entropy on pseudo-labels that were written before."""

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
from mmda.utils.distributed import counted_mean


@MODELS.register_module()
class PseudoLabels(Alignment):
    """The second step of self-training: the target's cross-entropy L_seg^T (ISIA and AIM, Eq. 13).

    The labels are part of the samples. ``PseudoLabelHook`` writes them at iteration ``start``, or
    ``mmda pseudo_label`` before the training, and ``LoadPseudoLabel`` reads them. The loss is the
    mean over the labelled pixels of the batch of all processes, and 0 where no pixel is labelled.

    Args:
        weights: Weight of the loss by head: ``decode``, and ``aux`` (or ``aux_0``, ...) to train
            auxiliary heads on the target too. By default 1 for ``decode``, and no other head.
        balance: Whether a class's labels together weigh as much as all pixels predicted as that
            class. The loss of each labelled pixel is divided by the share of its class's pixels
            that became labels; the factor is 10 at most. Without it, rare classes can get too few
            labels: the median rule keeps nearly all pixels of classes that are predicted with high
            confidence, but half of the others'. False as published. ``PseudoLabelHook`` sets the
            shares.
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
        #: Weight of each class's labels, (C,); None until the shares are set.
        self.class_weights: Tensor | None = None
        self.weights = {"decode": 1.0} if weights is None else dict(weights)
        if not self.weights or min(self.weights.values()) <= 0:
            raise ConfigError(
                "PseudoLabels: weights must be above 0 and name at least one head, got "
                f"{self.weights}."
            )

    def set_kept_shares(self, shares: Sequence[float]) -> None:
        """Set the share of each class's predicted pixels that became labels, for ``balance``.

        Args:
            shares: One per class, in [0, 1]; 0 counts as 1.
        """
        kept = torch.tensor(shares, dtype=torch.float32)
        self.class_weights = 1 / kept.where(kept > 0, 1).clamp(min=0.1)

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``<head>.loss_pseudo`` by head, and ``labelled``, the labelled share.

        Raises:
            ConfigError: When a head does not exist, or ``balance`` is on and no shares are set.
        """
        target = context.target
        labels, mask = target.pseudo_labels(), target.mask(target.size)
        if mask is not None:
            labels = labels.masked_fill(~mask, 255)
        labelled = (labels != 255).float()
        share = counted_mean(labelled, mask)
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
                "PseudoLabels: `balance` needs to know which share of each class's pixels became "
                "labels. Add `dict(type='PseudoLabelHook')` to `custom_hooks`, or set "
                "`balance=False`."
            )
        self.class_weights = self.class_weights.to(labels.device)  # copied once
        return self.class_weights
