"""Category-level adversarial alignment by two classifiers (CLAN)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment, check_head, frozen, segmentor_heads
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.domain_batch import SOURCE, TARGET, DomainBatch, resize
from mmda.models.alignments.valid_area import check_size, common_masks, hidden
from mmda.models.losses import domain_accuracy, prediction_distance, weight_similarity
from mmda.registry import MODELS
from mmda.utils.distributed import counted_mean

WEIGHTS = {"adv": 0.001, "discrepancy": 0.01}


@MODELS.register_module()
class CLAN(Alignment):
    r"""Align output maps where two different classifiers disagree (Luo et al. 2019).

    A discriminator judges the softmax maps of the sum of both classifiers' logits, pixel by pixel.
    The target's pixels have the weight :math:`\lambda_{local} M + \epsilon` in ``loss_adv`` and in
    the discriminator's ``loss_dis`` (Eq. 4), where M is the cosine distance of the two predictions:
    pixels on which the classifiers agree are left as they are. ``loss_discrepancy``, the cosine of
    the classifiers' parameters (Eq. 3), keeps the classifiers different; it reaches nothing else.
    As in the authors' code, ``loss_adv`` trains the segmentor through its weights, too.

    The second classifier is a head of the segmentor, which the source's labels train as they train
    the first; a :class:`~mmda.models.TwinEncoderDecoder` predicts with the sum of both.

    Args:
        num_classes: Number of classes C.
        head: The second classifier: ``aux``, or ``aux_0``, ``aux_1``, ...
        part: Sub-module of both heads whose parameters are compared, such as ``conv_seg``; by
            default the whole heads.
        weights: Weights of ``loss_adv`` and of ``loss_discrepancy``, published: ``adv`` 0.001 and
            ``discrepancy`` 0.01. Both 0 switch the alignment off.
        local: :math:`\lambda_{local}`, published: 40 for GTA5 and 10 for SYNTHIA.
        epsilon: :math:`\epsilon`, published: 0.4.
        local_start: Iteration from which pixels are weighted; before it, all have the weight 1.
            Published: 5 % of the training.
        damping: Iteration at which both weights have gone down to 0, in a line from iteration 0 on;
            published: the training's length. None keeps them.
        input_scale: Size of the maps relative to the image: 1 as published.
        discriminator: Config of the discriminator; ``in_channels`` is added.
        start: Iteration from which the alignment is active.

    Raises:
        ConfigError: When an option is out of range.
    """

    def __init__(
        self,
        num_classes: int,
        head: str = "aux",
        part: str = "",
        weights: dict[str, float] | None = None,
        local: float = 40.0,
        epsilon: float = 0.4,
        local_start: int = 0,
        damping: int | None = None,
        input_scale: float = 1.0,
        discriminator: dict | None = None,
        start: int = 0,
    ) -> None:
        super().__init__(start)
        self.weights = {**WEIGHTS, **(weights or {})}
        if set(self.weights) != set(WEIGHTS) or min(self.weights.values()) < 0:
            raise ConfigError(
                f"CLAN: `weights` may name {list(WEIGHTS)}, each 0 or more, got {weights}."
            )
        if min(local, epsilon, local_start) < 0 or (damping is not None and damping < 1):
            raise ConfigError(
                "CLAN: `local`, `epsilon` and `local_start` must be 0 or more and `damping` at "
                f"least 1, got {local}, {epsilon}, {local_start} and {damping}."
            )
        self.num_classes, self.head, self.part = num_classes, head, part
        self.local, self.epsilon, self.local_start = local, epsilon, local_start
        self.damping, self.input_scale = damping, input_scale
        self.discriminator: Any = MODELS.build(
            {"type": "PixelDiscriminator", "in_channels": num_classes, **(discriminator or {})}
        )

    def active(self, step: int) -> bool:
        """Return whether ``start`` is reached and any weight is above 0."""
        return super().active(step) and any(self.weights.values())

    def attach(self, segmentor: nn.Module) -> None:
        """Check that both heads have ``num_classes`` classes and comparable parameters."""
        for head in ("decode", self.head):
            check_head(self, segmentor, head, self.num_classes)
        try:
            shapes = [[p.shape for p in module.parameters()] for module in self._parts(segmentor)]
        except AttributeError as error:
            raise ConfigError(f"CLAN: a head has no part `{self.part}`: {error}.") from None
        if not shapes[0] or shapes[0] != shapes[1]:
            raise ConfigError(
                f"CLAN: the parameters of `decode` and `{self.head}` cannot be compared, as they "
                "are none or their shapes differ. Give both heads one config, or name a `part` "
                "that is equal in both, such as `conv_seg`."
            )

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``loss_adv`` and ``loss_discrepancy``, weighted, ``loss_dis`` and ``acc_dis``."""
        source, target = (self._together(domain) for domain in (context.source, context.target))
        check_size(self, self.discriminator, source, target)
        masks = common_masks(context, source, target)
        damped = 1.0 if self.damping is None else max(0.0, 1 - context.step / self.damping)
        local = None if context.step < self.local_start else self._local(context.target)
        with frozen(self.discriminator):
            judgement = self._judge(target, masks[1])
        adversarial = _loss(judgement, masks[1], SOURCE, local)
        constant = None if local is None else local.detach()
        own, other = self._judge(source.detach(), masks[0]), self._judge(target.detach(), masks[1])
        similarity = weight_similarity(*self._parts(context.segmentor))
        return {
            "loss_adv": self.weights["adv"] * damped * adversarial,
            "loss_discrepancy": self.weights["discrepancy"] * damped * similarity,
            "loss_dis": _loss(own, masks[0], SOURCE, None)
            + _loss(other, masks[1], TARGET, constant),
            "acc_dis": domain_accuracy((own, other), masks),
        }

    def _parts(self, segmentor: Any) -> list[nn.Module]:
        heads = segmentor_heads(segmentor)
        return [heads[name].get_submodule(self.part) for name in ("decode", self.head)]

    def _together(self, domain: DomainBatch) -> Tensor:
        """Return the softmax maps of the sum of logits, (N, C, scale * H, scale * W), float32."""
        first, second = (domain.upsampled(name, self.input_scale) for name in ("decode", self.head))
        return (first.float() + second.float()).softmax(1)

    def _local(self, target: DomainBatch) -> Tensor:
        """Return the weight of each of the target's pixels, (N, scale * H, scale * W)."""
        maps = (target.probabilities(name, self.input_scale) for name in ("decode", self.head))
        return self.local * prediction_distance(*maps) + self.epsilon

    def _judge(self, maps: Tensor, mask: Tensor | None) -> Tensor:
        """Return the discriminator's logits, as published resized to the maps' size, (N, h, w)."""
        logits = self.discriminator(hidden(maps, mask)).float()
        return resize(logits, tuple(maps.shape[-2:]), align_corners=False)[:, 0]


def _loss(logits: Tensor, mask: Tensor | None, label: float, local: Tensor | None) -> Tensor:
    """Return the weighted mean over pixels of the discriminator's loss against a label."""
    label_map = torch.full_like(logits, label)
    losses = F.binary_cross_entropy_with_logits(logits, label_map, reduction="none")
    return counted_mean(losses if local is None else local * losses, mask)
