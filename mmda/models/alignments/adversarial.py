"""The base of output-space and feature-level adversarial alignment."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from mmengine.model import ModuleDict
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment, frozen
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.domain_batch import SOURCE, TARGET, DomainBatch
from mmda.models.alignments.valid_area import check_size, common_masks, hidden, judged
from mmda.models.losses import check_gan, domain_accuracy, gan_loss
from mmda.registry import MODELS

Pair = Sequence[Any]
"""Something of the source and of the target."""
PUBLISHED_WEIGHTS = {"vanilla": 0.001, "lsgan": 0.01}  # of one level (AdaptSegNet)


class AdversarialAlignment(Alignment):
    """Adversarial alignment of one or more representations, each with its own discriminator.

    ``loss_adv`` trains the segmentor on the target alone, towards the source's label, through a
    frozen discriminator (AdaptSegNet, Eq. 4); ``loss_dis`` trains the discriminator on both
    domains, detached, with half the weight each (Eq. 1 as published in code); ``acc_dis`` is how
    often it is right, in percent. As the two touch
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
        """Return ``<name>.loss_adv`` (weighted), ``loss_dis`` and ``acc_dis`` of each level."""
        losses = {}
        for name, discriminator in self.discriminators.items():
            source = self.representation(context.source, name)
            target = self.representation(context.target, name)
            check_size(self, discriminator, source, target)
            masks = common_masks(context, source, target)
            with frozen(discriminator):
                logits, counted = self._judge(discriminator, target, masks[1])
            adversarial = gan_loss(logits, SOURCE, self.gan, counted)
            losses[f"{name}.loss_adv"] = self.weights[name] * adversarial
            learned = self._learn(discriminator, (source.detach(), target.detach()), masks)
            losses.update({f"{name}.{key}": value for key, value in learned.items()})
        return losses

    def _learn(self, discriminator: Any, maps: Pair, masks: Pair) -> dict[str, Tensor]:
        """Return a discriminator's loss on the maps of both domains, and how often it is right."""
        judgements = [
            self._judge(discriminator, *domain) for domain in zip(maps, masks, strict=True)
        ]
        logits, counted = zip(*judgements, strict=True)
        source = gan_loss(logits[0], SOURCE, self.gan, counted[0])
        target = gan_loss(logits[1], TARGET, self.gan, counted[1])
        return {
            "loss_dis": 0.5 * (source + target),
            "acc_dis": domain_accuracy(logits, counted, self.gan),
        }

    def _judge(
        self, discriminator: Any, maps: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Return a discriminator's logits of maps, and which of them count."""
        logits = discriminator(hidden(maps, mask))
        return logits, judged(logits, mask, discriminator)
