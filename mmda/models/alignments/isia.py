"""Inter-class separation and intra-class aggregation (ISIA)."""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor, nn

from mmda.errors import ConfigError, check_choice
from mmda.models.alignments.base import Alignment
from mmda.models.alignments.class_vectors import ClassVectorRule, level
from mmda.models.alignments.context import UDAContext
from mmda.models.decode_heads.head_losses import head_losses
from mmda.models.losses import class_similarities, inter_class_loss, intra_class_loss
from mmda.registry import MODELS
from mmda.utils.precision import full_precision

REDUCTIONS = ("sum", "released", "mean")


@MODELS.register_module()
class ISIA(Alignment):
    r"""Pull a class's vectors of the two domains together, push those of different classes apart.

    .. math:: L = \sum_{i \in I} \|c_i^S - c_i^T\|_1
        + \beta \sum_{(i, k) \in J} (0.5 + 0.5 \cos(c_i^S, c_k^T))

    is Eq. 8 of Yuan et al. with ``reduction='sum'``. I are the classes that occur in both domains,
    J the pairs i != k of a class that occurs in the source and one that occurs in the target. As
    the first sum also runs over the entries of the vectors, its gradient at a weight of 0.001 is
    larger than that of cross-entropy, see ``docs/methods/isia-aim.md``.
    ``reduction='released'`` divides L by the number of channels D of the feature map, as the
    authors' code does: the two terms keep their ratio. ``reduction='mean'`` has means over classes,
    pairs and entries in place of the sums, so that a weight does not depend on their numbers.

    :class:`~mmda.models.alignments.class_vectors.ClassVectorRule` defines the class vectors c and
    when a class occurs. In mode ``pooled`` gradients reach the features and, through the weights of
    the averages, the softmax maps.

    For a batch, ``flat`` is the mean over the batch's pairs; ``pooled`` compares the averages over
    the batch of all processes.

    Args:
        weight: Weight of both terms; 0 switches the alignment off.
        beta: Weight of the inter-class term relative to the intra-class term.
        intra: Whether the intra-class term is on (the paper's IA).
        inter: Whether the inter-class term is on (the paper's IS).
        mode: ``'flat'`` or ``'pooled'``.
        reduction: ``'sum'``, ``'released'`` or ``'mean'``.
        index: Which of the backbone's feature maps ``pooled`` averages, and whose channels
            ``released`` divides by.
        head: Which head's softmax maps are compared.
        detach_source: Whether the source's vectors get no gradient, so that only the target is
            moved.
        separate_decoders: Whether the source has a decoder D_S of its own (Eq. 5): a copy of the
            decode head that is trained by the source's segmentation loss (``decoder_loss_*``). The
            parameters ``*source_decoder*`` need an optimiser. The segmentor's decode head is then
            D_T, and predictions come from it. It keeps its source loss as well, since in the first
            step there are no other labels for it. By default the domains share the decode head.
        start: Iteration from which the alignment is active.
    """

    source_decoder: Any

    def __init__(
        self,
        weight: float = 1e-3,
        beta: float = 1.0,
        intra: bool = True,
        inter: bool = True,
        mode: str = "flat",
        reduction: str = "mean",
        index: int = -1,
        head: str = "decode",
        detach_source: bool = True,
        separate_decoders: bool = False,
        start: int = 0,
    ) -> None:
        super().__init__(start)
        if weight < 0 or beta < 0:
            raise ConfigError(
                f"ISIA: `weight` and `beta` must be 0 or more, got {weight} and {beta}."
            )
        if not (intra or inter):
            raise ConfigError("ISIA: switch on `intra`, `inter` or both; both are off.")
        if separate_decoders and head != "decode":
            raise ConfigError(
                f"ISIA: `separate_decoders` copies the decode head, but `head` is `{head}`. Use "
                "`head='decode'`, or the shared decoder."
            )
        check_choice("reduction", reduction, REDUCTIONS, "ISIA")
        self.reduction = reduction
        self.weight, self.beta, self.intra, self.inter = weight, beta, intra, inter
        self.detach_source, self.separate_decoders = detach_source, separate_decoders
        self.rule = ClassVectorRule("ISIA", mode, index, head)

    def attach(self, segmentor: nn.Module) -> None:
        """Copy the decode head where the domains have separate ones."""
        if self.separate_decoders:
            self.source_decoder = copy.deepcopy(segmentor.decode_head)

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``loss_intra`` and ``loss_inter`` where they are on, and the losses of D_S."""
        losses, logits = {}, None
        if self.separate_decoders:
            logits = self.source_decoder(context.source.feats)
            own = head_losses(self.source_decoder, logits, context.source.samples)
            losses = {f"decoder_{key}": value for key, value in own.items() if "loss" in key}
        vectors = self.rule(context, self.detach_source, logits)
        occurs = vectors.in_source, vectors.in_target
        weight, summed = self._weight(context), self.reduction != "mean"
        with full_precision(vectors.target):
            if self.intra:
                distances = vectors.distances()
                if summed:
                    distances = distances * vectors.lengths[:, None]
                losses["loss_intra"] = weight * intra_class_loss(distances, *occurs, summed)
            if self.inter:
                similarities = class_similarities(vectors.source, vectors.target)
                inter = inter_class_loss(similarities, *occurs, summed)
                losses["loss_inter"] = weight * self.beta * inter
        return losses

    def _weight(self, context: UDAContext) -> float:
        if self.reduction != "released":
            return self.weight
        return self.weight / level(context.target.feats, self.rule.index, "ISIA").shape[1]
