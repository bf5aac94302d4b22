"""Online self-training with a mean teacher."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment
from mmda.models.alignments.context import UDAContext
from mmda.registry import MODELS


@MODELS.register_module()
class SelfTraining(Alignment):
    """Cross-entropy of the student's target prediction against the teacher's confident labels.

    The teacher (an exponential moving average of the student) labels the target's weak view; its
    arg-max counts where its maximum probability reaches ``threshold``. The loss is the mean over
    *all* pixels, so it grows by itself as the teacher becomes confident.

    Args:
        threshold: Confidence a pseudo-label needs, in [0, 1].
        weight: Weight of the loss.
        start: Iteration from which the alignment is active: let the source train first.
    """

    needs = frozenset({"target", "teacher"})

    def __init__(self, threshold: float = 0.9, weight: float = 1.0, start: int = 0) -> None:
        super().__init__(start)
        if not 0 <= threshold <= 1:
            raise ConfigError(f"SelfTraining: `threshold` must be in [0, 1], got {threshold}.")
        self.threshold, self.weight = threshold, weight

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``loss_self`` and ``confident``, the fraction of pixels that counted."""
        assert context.target is not None
        confidence, labels = context.teacher_probabilities().max(dim=1)
        mask = (confidence >= self.threshold).float()
        entropy = F.cross_entropy(context.target.upsampled().float(), labels, reduction="none")
        return {"loss_self": self.weight * (entropy * mask).mean(), "confident": mask.mean()}
