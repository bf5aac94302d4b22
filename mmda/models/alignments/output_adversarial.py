"""Output-space adversarial alignment (AdaptSegNet) and its entropy variant (AdvEnt)."""

from __future__ import annotations

from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.models.alignments.adversarial import PUBLISHED_WEIGHTS, AdversarialAlignment
from mmda.models.alignments.base import check_head
from mmda.models.alignments.domain_batch import DomainBatch
from mmda.models.losses import self_information
from mmda.registry import MODELS

MAPS = ("softmax", "entropy")


@MODELS.register_module()
class OutputAdversarial(AdversarialAlignment):
    """Align the softmax maps of source and target (Tsai et al. 2018, AdaptSegNet).

    Args:
        num_classes: Number of classes C.
        weights: Weight of ``loss_adv`` by head: ``decode`` for single level, and ``aux`` (or
            ``aux_0``, ...) for multi-level. Published: 0.001 and 0.0002, and 0.01 for one level
            with ``'lsgan'``; by default one level. All 0 switch the alignment off.
        discriminator: Config of the discriminators; ``in_channels`` is added.
        maps: What the discriminators judge: ``'softmax'`` maps, or ``'entropy'`` for weighted
            self-information maps (Vu et al. 2019, AdvEnt).
        input_scale: Size of the maps relative to the image: 1 as published, 1/8 for the logits'
            own size, which costs 64 times less.
        gan: ``'vanilla'`` or ``'lsgan'``.
        start: Iteration from which the alignment is active.
    """

    def __init__(
        self,
        num_classes: int,
        weights: dict[str, float] | None = None,
        discriminator: dict | None = None,
        maps: str = "softmax",
        input_scale: float = 1.0,
        gan: str = "vanilla",
        start: int = 0,
    ) -> None:
        if maps not in MAPS:
            raise ConfigError(f"OutputAdversarial: unknown maps `{maps}`; expected one of {MAPS}.")
        self.num_classes = num_classes
        super().__init__(
            {"decode": PUBLISHED_WEIGHTS.get(gan, 0.001)} if weights is None else weights,
            {"type": "PixelDiscriminator"} if discriminator is None else discriminator,
            gan,
            start,
        )
        self.maps, self.input_scale = maps, input_scale

    def _discriminator(self, config: dict, name: str) -> dict:
        return {"in_channels": self.num_classes, **config}

    def attach(self, segmentor: nn.Module) -> None:
        """Check that the heads exist and have ``num_classes`` classes."""
        for head in self.weights:
            check_head(self, segmentor, head, self.num_classes)

    def representation(self, domain: DomainBatch, name: str) -> Tensor:
        """Return softmax or self-information maps (N, C, scale * H, scale * W) of head ``name``."""
        maps = domain.probabilities(name, self.input_scale)
        return self_information(maps) if self.maps == "entropy" else maps
