"""Feature-level adversarial alignment."""

from __future__ import annotations

from torch import Tensor

from mmda.models.alignments.adversarial import PUBLISHED_WEIGHTS, AdversarialAlignment
from mmda.models.alignments.domain_batch import DomainBatch
from mmda.registry import MODELS


@MODELS.register_module()
class FeatureAdversarial(AdversarialAlignment):
    """Align a backbone feature map with a discriminator (AdaptSegNet's feature row; GFA).

    Feature maps are small, so the default discriminator has three layers where the output-space
    one has five.

    Args:
        in_channels: Channels of the feature map.
        index: Which of the backbone's feature maps, -1 for the last.
        weight: Weight of ``loss_adv``; 0 switches the alignment off. By default 0.001, and 0.01
            with ``'lsgan'``, as published.
        discriminator: Config of the discriminator; ``in_channels`` is added.
        gan: ``'vanilla'`` or ``'lsgan'``.
        start: Iteration from which the alignment is active.
    """

    def __init__(
        self,
        in_channels: int,
        index: int = -1,
        weight: float | None = None,
        discriminator: dict | None = None,
        gan: str = "vanilla",
        start: int = 0,
    ) -> None:
        self.in_channels, self.index = in_channels, index
        default = {"type": "PixelDiscriminator", "num_layers": 3}
        if weight is None:
            weight = PUBLISHED_WEIGHTS.get(gan, 0.001)
        super().__init__(
            {"feature": weight}, default if discriminator is None else discriminator, gan, start
        )

    @property
    def weight(self) -> float:  # type: ignore[override]
        """Weight of ``loss_adv``."""
        return self.weights["feature"]

    @weight.setter
    def weight(self, value: float) -> None:
        self.weights["feature"] = value

    def _discriminator(self, config: dict, name: str) -> dict:
        return {"in_channels": self.in_channels, **config}

    def representation(self, domain: DomainBatch, name: str) -> Tensor:
        """Return the feature map (N, D, h, w)."""
        return domain.feats[self.index].float()
