"""Patch-level alignment."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment, check_head, frozen
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.domain_batch import SOURCE, TARGET, DomainBatch
from mmda.models.losses import domain_accuracy, gan_loss
from mmda.models.patches import NO_MODE, PatchCategoriser, PatchModes, pool_counted
from mmda.registry import MODELS
from mmda.utils.distributed import counted_mean

WEIGHTS = {"d": 0.01, "adv": 0.0005}


@MODELS.register_module()
class PatchAlignment(Alignment):
    r"""Align patches in the space of the modes of the source's label patches (Tsai et al. 2019).

    The image is divided into a grid of patches. K-means over the source's label patches gives K
    modes; a categoriser H on the predicted logits learns the mode of each source patch, and a
    discriminator aligns H's softmax vectors F of the two domains:

    - ``loss_d`` (Eq. 1) is the cross-entropy of F and the modes :math:`\Gamma(Y_s)`. It trains H
      and the segmentor on the source.
    - ``loss_adv`` (Eq. 2 and 5) trains H and the segmentor on the target, towards the source's
      label, through a frozen discriminator.
    - ``loss_dis`` (Eq. 4) trains the discriminator on both domains with half the weight each, as
      :class:`~mmda.models.alignments.OutputAdversarial` does.

    The paper sums over patches; here losses are means over those that count, so that the weights do
    not depend on the grid. Patches of which less than ``least`` counts are left out of all losses,
    and pixels that do not count of all averages.

    The modes come from a file of ``mmda discover-patch-modes``, or
    :class:`~mmda.engine.hooks.PatchModesHook` finds them before the training.

    Args:
        num_classes: Number of classes C.
        num_modes: Number of modes K: 50 as published, 8 to 20 for two classes.
        grid: Rows U and columns V of patches, 20 x 20 by default.
        modes: File with the modes, which is read when the training begins.
        weights: ``d`` and ``adv``, the weights of ``loss_d`` and ``loss_adv``; all 0 switch the
            alignment off.
        discriminator: Config of the discriminator; ``in_channels`` is added.
        head: Whose logits are categorised: ``decode``, ``aux``, ``aux_0``, ...
        least: Share of a patch that must count, in (0, 1].
        start: Iteration from which the alignment is active: 10,000 as published.

    Raises:
        ConfigError: When a weight is negative or unknown, or no modes were found.
    """

    def __init__(
        self,
        num_classes: int,
        num_modes: int = 50,
        grid: tuple[int, int] = (20, 20),
        modes: str | None = None,
        weights: dict[str, float] | None = None,
        discriminator: dict | None = None,
        head: str = "decode",
        least: float = 0.5,
        start: int = 0,
    ) -> None:
        super().__init__(start)
        self.weights = {**WEIGHTS, **(weights or {})}
        if self.weights.keys() != WEIGHTS.keys() or min(self.weights.values()) < 0:
            raise ConfigError(
                "PatchAlignment: weights must be 0 or more and are named `d` and `adv`, got "
                f"{dict(weights or {})}."
            )
        self.num_classes, self.head, self.least = num_classes, head, least
        self.modes = PatchModes(num_classes, num_modes, grid, least, modes)
        self.categoriser = PatchCategoriser(num_classes, num_modes, self.modes.grid)
        described = {"type": "VectorDiscriminator", **(discriminator or {})}
        self.discriminator = MODELS.build({"in_channels": num_modes, **described})

    def active(self, step: int) -> bool:
        """Return whether ``start`` is reached and any weight is above 0.

        Raises:
            ConfigError: When there are no modes, so that it is said in the first iteration.
        """
        if not any(self.weights.values()):
            return False
        self.modes.require()
        return super().active(step)

    def attach(self, segmentor: nn.Module) -> None:
        """Check that the head exists and has ``num_classes`` classes."""
        check_head(self, segmentor, self.head, self.num_classes)

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``loss_d``, ``loss_adv`` (both weighted), ``loss_dis`` and ``acc_dis``."""
        source, target = context.source, context.target
        modes = self.modes(source.labels())
        logits, own = self.mode_logits(source), modes != NO_MODE
        maps, target_maps = logits.softmax(1), self.mode_logits(target).softmax(1)
        other = self.counted(target)
        entropy = F.cross_entropy(logits, modes, reduction="none", ignore_index=NO_MODE)
        with frozen(self.discriminator):
            adversarial = _loss(self._judge(target_maps), other, SOURCE)
        judgements = self._judge(maps.detach()), self._judge(target_maps.detach())
        counted = [None if one is None else one[:, None] for one in (own, other)]
        return {
            "loss_d": self.weights["d"] * counted_mean(entropy, own),
            "loss_adv": self.weights["adv"] * adversarial,
            "loss_dis": 0.5 * _loss(judgements[0], own, SOURCE)
            + 0.5 * _loss(judgements[1], other, TARGET),
            "acc_dis": domain_accuracy(judgements, counted),
        }

    def mode_logits(self, domain: DomainBatch) -> Tensor:
        """Return the categoriser's logits of the modes, (N, K, U, V) float32."""
        logits = domain.logits[self.head]
        return self.categoriser(logits, domain.mask(tuple(logits.shape[-2:]))).float()

    def counted(self, domain: DomainBatch) -> Tensor | None:
        """Return which patches have enough pixels that count, (N, U, V) bool; None for all."""
        mask = domain.mask(domain.size)
        if mask is None:
            return None
        shares, _ = pool_counted(mask[:, None].float(), None, self.modes.grid)
        return shares[:, 0] >= self.least

    def _judge(self, maps: Tensor) -> Tensor:
        judgement: Any = self.discriminator(maps)
        return judgement


def _loss(judgement: Tensor, counted: Tensor | None, label: float) -> Tensor:
    return gan_loss(judgement, label, counted=None if counted is None else counted[:, None])
