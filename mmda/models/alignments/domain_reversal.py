"""Domain-adversarial training by gradient reversal."""

from __future__ import annotations

from torch import Tensor

from mmda.models.alignments.base import frozen
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.feature_adversarial import FeatureAdversarial
from mmda.models.alignments.valid_area import check_size, common_masks
from mmda.registry import MODELS


@MODELS.register_module()
class DomainReversal(FeatureAdversarial):
    r"""Train features on which a discriminator fails (Ganin and Lempitsky 2015, DANN).

    The paper puts a layer between features and discriminator that multiplies the gradient by
    :math:`-\lambda`. The same gradients come from two losses, which each train one side:
    ``loss_dis``, the discriminator's, on detached features; and ``loss_reversed``, the same value
    times :math:`-\lambda`, through the frozen discriminator. Other than in
    :class:`FeatureAdversarial`, both domains' features are moved, and away from their own label.

    Args:
        in_channels: Channels of the feature map.
        index: Which of the backbone's feature maps, -1 for the last.
        weight: :math:`\lambda`; 0 switches the alignment off. The paper raises it from 0 to 1
            during the training; here it is constant, see ``AlignmentWeightHook``.
        discriminator: Config of the discriminator; ``in_channels`` is added.
        gan: ``'vanilla'`` or ``'lsgan'``.
        start: Iteration from which the alignment is active.
    """

    def __init__(
        self,
        in_channels: int,
        index: int = -1,
        weight: float = 0.001,
        discriminator: dict | None = None,
        gan: str = "vanilla",
        start: int = 0,
    ) -> None:
        super().__init__(in_channels, index, weight, discriminator, gan, start)

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``loss_reversed`` (weighted), ``loss_dis`` and ``acc_dis``."""
        (discriminator,) = self.discriminators.values()
        maps = [self.representation(domain, "") for domain in (context.source, context.target)]
        check_size(self, discriminator, *maps)
        masks = common_masks(context, *maps)
        with frozen(discriminator):
            reversed_loss = -self.weight * self._learn(discriminator, maps, masks)["loss_dis"]
        learned = self._learn(discriminator, [domain.detach() for domain in maps], masks)
        return {"loss_reversed": reversed_loss, **learned}
