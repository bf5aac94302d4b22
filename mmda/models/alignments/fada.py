"""Fine-grained adversarial alignment (FADA)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment, check_head, frozen
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.domain_batch import DomainBatch, resize
from mmda.models.alignments.valid_area import common_masks, hidden
from mmda.models.losses import domain_accuracy
from mmda.registry import MODELS
from mmda.utils.distributed import counted_mean
from mmda.utils.precision import full_precision


@MODELS.register_module()
class FADA(Alignment):
    r"""Align features class by class, with a discriminator of 2 C classes (Wang et al. 2020).

    The discriminator tells domain and class of each feature: its labels are the segmentor's own
    softened predictions :math:`a`, in the half of the feature's domain (``loss_dis``, the mean
    over both domains). ``loss_adv`` moves the target's features to the source's half of their
    class. The labels are constants.

    Args:
        in_channels: Channels of the feature map.
        num_classes: Number of classes C.
        index: Which of the backbone's feature maps, -1 for the last.
        head: Whose predictions are the labels.
        weight: Weight of ``loss_adv``, published: 0.001; 0 switches the alignment off.
        temperature: Logits are divided by it before the softmax, published: 1.8.
        ceiling: Entries of the labels are cut to it, published: 0.9.
        discriminator: Config of the discriminator; channels and classes are added.
        start: Iteration from which the alignment is active.

    Raises:
        ConfigError: When an option is out of range.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        index: int = -1,
        head: str = "decode",
        weight: float = 0.001,
        temperature: float = 1.8,
        ceiling: float = 0.9,
        discriminator: dict | None = None,
        start: int = 0,
    ) -> None:
        super().__init__(start)
        if weight < 0 or temperature <= 0 or not 0 < ceiling <= 1:
            raise ConfigError(
                "FADA: expected a weight of 0 or more, a temperature above 0 and a ceiling in "
                f"(0, 1], got {weight}, {temperature} and {ceiling}."
            )
        self.weight, self.temperature, self.ceiling = weight, temperature, ceiling
        self.num_classes, self.index, self.head = num_classes, index, head
        own = {"type": "ClassDiscriminator", **(discriminator or {})}
        self.discriminator = MODELS.build(
            {"in_channels": in_channels, "num_classes": num_classes, **own}
        )

    def attach(self, segmentor: nn.Module) -> None:
        """Check that the head exists and has ``num_classes`` classes."""
        check_head(self, segmentor, self.head, self.num_classes)

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``loss_adv`` (weighted), ``loss_dis`` and ``acc_dis``."""
        domains = context.source, context.target
        maps = [domain.feats[self.index].float() for domain in domains]
        labels = [
            self._labels(domain, tuple(one.shape[-2:]))
            for domain, one in zip(domains, maps, strict=True)
        ]
        masks = common_masks(context, *maps)
        nothing = [torch.zeros_like(one) for one in labels]
        with frozen(self.discriminator):
            judgement = self._judge(maps[1], masks[1])
        adversarial = _loss(judgement, masks[1], [labels[1], nothing[1]])
        own, other = (self._judge(one.detach(), m) for one, m in zip(maps, masks, strict=True))
        return {
            "loss_adv": self.weight * adversarial,
            "loss_dis": 0.5 * _loss(own, masks[0], [labels[0], nothing[0]])
            + 0.5 * _loss(other, masks[1], [nothing[1], labels[1]]),
            "acc_dis": domain_accuracy([_domain_logits(one) for one in (own, other)], masks),
        }

    def _judge(self, maps: Tensor, mask: Tensor | None) -> Tensor:
        """Return the discriminator's logits (N, 2 C, h, w), the source's half first."""
        judgement: Any = self.discriminator(hidden(maps, mask))
        return judgement

    @torch.no_grad()
    def _labels(self, domain: DomainBatch, size: tuple[int, ...]) -> Tensor:
        logits = resize(domain.logits[self.head].float(), size, domain.align_corners)
        return (logits / self.temperature).softmax(1).clamp(max=self.ceiling)


def _loss(judgement: Tensor, mask: Tensor | None, labels: list[Tensor]) -> Tensor:
    """Return the mean cross-entropy of judgements and labels, the source's half first."""
    with full_precision(judgement):
        logs = F.log_softmax(judgement.float(), 1)
        return counted_mean(-(torch.cat(labels, 1) * logs).sum(1), mask)


def _domain_logits(judgement: Tensor) -> Tensor:
    """Return the logits of the target, whatever the class, (N, h, w)."""
    own, other = judgement.detach().float().chunk(2, 1)
    return other.logsumexp(1) - own.logsumexp(1)
