"""The contract of an alignment."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.models.alignments.context import UDAContext


class Alignment(BaseModule):
    """One term (or family of terms) that a method adds to the source's segmentation loss.

    A sub-class says what it ``needs`` and implements :meth:`losses`. Its losses join the
    iteration's one graph and one backward: a term for the segmentor sees discriminators through
    :func:`frozen`, a term for a discriminator sees detached tensors.

    Args:
        start: Iteration from which the alignment is active; before it, and where it is switched off
            by its weight, all losses are zeros that are connected to the alignment's parameters,
            as distributed training needs.
        init_cfg: Initialisation, as in MMEngine.
    """

    #: What the segmentor must provide: ``target`` (its outputs), ``target_images`` (without
    #: running the student on them), ``teacher``.
    needs: frozenset[str] = frozenset({"target"})

    #: Weight of the losses, of methods that have one weight; 0 switches the alignment off.
    weight: float = 1.0

    def __init__(self, start: int = 0, init_cfg: dict | list | None = None) -> None:
        super().__init__(init_cfg)
        if start < 0:
            raise ConfigError(f"{type(self).__name__}: `start` must be 0 or more, got {start}.")
        self.start = start

    def attach(self, segmentor: nn.Module) -> None:
        """Take from the built student what the alignment needs; by default nothing.

        Args:
            segmentor: The ``EncoderDecoder``, before its weights are initialised.
        """

    def active(self, step: int) -> bool:
        """Return whether anything is computed at iteration ``step``, counted from 0."""
        return step >= self.start and self.weight != 0

    def forward(self, context: UDAContext) -> dict[str, Tensor]:
        """Return the losses of one iteration; names that contain ``loss`` are summed.

        Args:
            context: The iteration's tensors.

        Returns:
            Scalar tensors by name.
        """
        if not self.active(context.step):
            return {"loss_inactive": self.zero(context)}
        return self.losses(context)

    @abstractmethod
    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return the losses of an active iteration."""

    def zero(self, context: UDAContext) -> Tensor:
        """Return 0, connected to this alignment's parameters and to the source's outputs."""
        terms = [parameter.sum() for parameter in self.parameters() if parameter.requires_grad]
        total = context.source.logits["decode"].sum()
        for term in terms:
            total = total + term
        return total * 0


def check_head(alignment: Alignment, segmentor: Any, head: str, num_classes: int | None) -> None:
    """Check that a segmentor has a head, and that it has ``num_classes`` classes.

    Args:
        alignment: Who asks, for the message.
        segmentor: An ``EncoderDecoder``.
        head: ``decode``, ``aux`` or ``aux_0``, ``aux_1``, ...
        num_classes: Number of classes that the alignment was told; None for any.
    """
    heads = segmentor_heads(segmentor)
    name = type(alignment).__name__
    if head not in heads:
        raise ConfigError(
            f"{name}: there is no head `{head}`; the segmentor has {sorted(heads)}. Add an "
            "auxiliary head or name another."
        )
    if num_classes is not None and heads[head].num_classes != num_classes:
        raise ConfigError(
            f"{name}: `num_classes` is {num_classes}, but the head `{head}` has "
            f"{heads[head].num_classes} classes. Set both to the same number."
        )


def segmentor_heads(segmentor: Any) -> dict[str, Any]:
    """Return a segmentor's heads: ``decode``, and ``aux`` or ``aux_0``, ``aux_1``, ..."""
    heads: dict[str, Any] = {"decode": segmentor.decode_head}
    if segmentor.with_auxiliary_head:
        auxiliary = segmentor.auxiliary_head
        if isinstance(auxiliary, nn.ModuleList):
            heads.update({f"aux_{i}": head for i, head in enumerate(auxiliary)})
        else:
            heads["aux"] = auxiliary
    return heads


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Let gradients pass through ``module`` to its inputs, but not to its parameters."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put ``module`` in evaluation mode, and each of its parts back in its own mode afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
