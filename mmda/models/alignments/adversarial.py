"""The base of output-space and feature-level adversarial alignment."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from mmengine.model import ModuleDict
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment, frozen
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.domain_batch import SOURCE, TARGET, DomainBatch
from mmda.models.alignments.valid_area import check_size, common_masks, hidden, judged
from mmda.models.losses import check_gan, gan_loss
from mmda.registry import MODELS

PUBLISHED_WEIGHTS = {"vanilla": 0.001, "lsgan": 0.01}  # of one level (AdaptSegNet)


class AdversarialAlignment(Alignment):
    """Adversarial alignment of one or more representations, each with its own discriminator.

    ``loss_adv`` trains the segmentor on the target alone, towards the source's label, through a
    frozen discriminator (AdaptSegNet, Eq. 4); ``loss_dis`` trains the discriminator on both
    domains, detached, with half the weight each (Eq. 1 as published in code). As the two touch
    disjoint parameters, one joint backward gives the published two-step update.
    :mod:`mmda.models.alignments.valid_area` says how pixels that do not count are left out.

    Args:
        weights: Weight of ``loss_adv`` by representation; all 0 switch the alignment off.
        discriminator: Config of the discriminators, ``in_channels`` included.
        gan: ``'vanilla'`` or ``'lsgan'``.
        start: Iteration from which the alignment is active.
    """

    def __init__(
        self,
        weights: dict[str, float],
        discriminator: dict,
        gan: str = "vanilla",
        start: int = 0,
    ) -> None:
        super().__init__(start)
        if not weights or min(weights.values()) < 0:
            raise ConfigError(
                f"{type(self).__name__}: weights must be 0 or more and name at least one "
                f"representation, got {dict(weights)}."
            )
        check_gan(gan)
        self.weights, self.gan = dict(weights), gan
        self.discriminators = ModuleDict(
            {name: MODELS.build(self._discriminator(discriminator, name)) for name in weights}
        )

    def active(self, step: int) -> bool:
        """Return whether ``start`` is reached and any weight is above 0."""
        return super().active(step) and any(self.weights.values())

    def _discriminator(self, config: dict, name: str) -> dict:
        return dict(config)

    @abstractmethod
    def representation(self, domain: DomainBatch, name: str) -> Tensor:
        """Return the maps (N, channels, h, w) that discriminator ``name`` judges."""

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``<name>.loss_adv`` (weighted) and ``<name>.loss_dis`` of each level."""
        losses = {}
        for name, discriminator in self.discriminators.items():
            source = self.representation(context.source, name)
            target = self.representation(context.target, name)
            check_size(self, discriminator, source, target)
            masks = common_masks(context, source, target)
            with frozen(discriminator):
                adversarial = self._judge(discriminator, target, masks[1], SOURCE)
            losses[f"{name}.loss_adv"] = self.weights[name] * adversarial
            losses[f"{name}.loss_dis"] = 0.5 * (
                self._judge(discriminator, source.detach(), masks[0], SOURCE)
                + self._judge(discriminator, target.detach(), masks[1], TARGET)
            )
        return losses

    def _judge(self, discriminator: Any, maps: Tensor, mask: Tensor | None, label: float) -> Tensor:
        """Return the loss of a discriminator's judgement of maps against a domain label."""
        logits = discriminator(hidden(maps, mask))
        return gan_loss(logits, label, self.gan, judged(logits, mask, discriminator))
