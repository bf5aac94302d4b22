"""Alignments that make the target's predictions certain, without a discriminator."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment, check_head
from mmda.models.alignments.context import UDAContext
from mmda.models.losses import max_square_loss, self_information
from mmda.registry import MODELS
from mmda.utils.distributed import counted_mean


class TargetCertainty(Alignment):
    """A loss of the target's softmax maps alone.

    Args:
        weights: Weight of the loss by head; all 0 switch the alignment off.
        scale: Size of the maps relative to the image: 1 as published.
        start: Iteration from which the alignment is active.

    Raises:
        ConfigError: When a weight is negative, or there is none.
    """

    def __init__(self, weights: dict[str, float], scale: float = 1.0, start: int = 0) -> None:
        super().__init__(start)
        if not weights or min(weights.values()) < 0:
            raise ConfigError(
                f"{type(self).__name__}: weights must be 0 or more and name at least one head, "
                f"got {dict(weights)}."
            )
        self.weights, self.scale = dict(weights), scale

    def active(self, step: int) -> bool:
        """Return whether ``start`` is reached and any weight is above 0."""
        return super().active(step) and any(self.weights.values())

    def attach(self, segmentor: nn.Module) -> None:
        """Check that the heads exist."""
        for head in self.weights:
            check_head(self, segmentor, head, None)

    @abstractmethod
    def uncertainty(self, maps: Tensor, counted: Tensor | None) -> Tensor:
        """Return the loss of softmax maps (N, C, h, w) over the pixels that count, (N, h, w)."""

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``<head>.loss_certain`` of each head, weighted."""
        losses = {}
        for head, weight in self.weights.items():
            maps = context.target.probabilities(head, self.scale)
            counted = context.target.mask(tuple(maps.shape[-2:]))
            losses[f"{head}.loss_certain"] = weight * self.uncertainty(maps, counted)
        return losses


@MODELS.register_module()
class MinEnt(TargetCertainty):
    """Minimise the entropy of the target's predictions (MinEnt; Vu et al. 2019).

    The loss is the mean over pixels of the entropy divided by log C, in [0, 1].

    Args:
        weights: Weight of the loss by head; by default one level with the published 0.001.
            Published for two levels: 0.001 and 0.0002.
        scale: Size of the maps relative to the image.
        start: Iteration from which the alignment is active.
    """

    def __init__(
        self, weights: dict[str, float] | None = None, scale: float = 1.0, start: int = 0
    ) -> None:
        super().__init__({"decode": 0.001} if weights is None else weights, scale, start)

    def uncertainty(self, maps: Tensor, counted: Tensor | None) -> Tensor:
        """Return the mean normalised entropy."""
        return counted_mean(self_information(maps).sum(1), counted)


@MODELS.register_module()
class MaxSquare(TargetCertainty):
    """Maximise the squares of the target's predictions (Chen et al. 2019, MaxSquare).

    Unlike the entropy's, the gradient grows with the probability no faster than linearly, so that
    pixels that are certain already do not rule. See :func:`~mmda.models.losses.max_square_loss`.

    Args:
        weights: Weight of the loss by head; by default one level with 0.1. The authors' code has
            0.1 for a loss that is divided by C and not halved: 0.2 / C here.
        balance: Exponent of the image-wise class weights, in [0, 1]: 0.2 as published (IW), 0 for
            none.
        scale: Size of the maps relative to the image.
        start: Iteration from which the alignment is active.

    Raises:
        ConfigError: When ``balance`` is out of range.
    """

    def __init__(
        self,
        weights: dict[str, float] | None = None,
        balance: float = 0.2,
        scale: float = 1.0,
        start: int = 0,
    ) -> None:
        super().__init__({"decode": 0.1} if weights is None else weights, scale, start)
        if not 0 <= balance <= 1:
            raise ConfigError(f"MaxSquare: `balance` must be in [0, 1], got {balance}.")
        self.balance = balance

    def uncertainty(self, maps: Tensor, counted: Tensor | None) -> Tensor:
        """Return the loss."""
        return max_square_loss(maps, self.balance, counted)
