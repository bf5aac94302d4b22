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
    """A method: losses that are added to the source's segmentation loss.

    To add a method, also in a package of your own, write a sub-class that is registered in
    :data:`mmda.registry.MODELS`, says in :attr:`needs` what it reads, and returns its losses from
    :meth:`losses`. A config names it in ``model.alignments``, and ``custom_imports`` where it is
    not part of mmda. ``docs/howto/add-a-method.md`` has a whole example;
    :func:`mmda.testing.check_alignment` tests a method.

    All losses of an iteration form one graph, and one backward serves all optimisers. So a loss
    that trains the segmentor goes through a discriminator that is :func:`frozen`, and a loss that
    trains a discriminator gets detached tensors.

    Example::

        @MODELS.register_module()
        class EntropyMinimisation(Alignment):
            needs = frozenset({'target'})

            def losses(self, context):
                maps = context.target.probabilities()
                entropy = -(maps * (maps + 1e-8).log()).sum(1)
                return {'loss_entropy': context.target.valid_mean(entropy)}

    Pixels without data, padding and ignored pixels must change no loss, as in the example: see
    :meth:`~mmda.models.alignments.DomainImages.valid`.

    Args:
        start: Iteration from which the alignment is active. Before it, and while :attr:`weight` is
            0, its loss is a 0 that is connected to its parameters, as distributed training needs.
        init_cfg: Initialisation, as in MMEngine.

    Raises:
        ConfigError: When ``start`` is negative.
    """

    #: What the alignment reads of the context, apart from the source: any of
    #: :data:`~mmda.models.alignments.context.NEEDS`. ``target`` stands for images and the student's
    #: outputs, ``target_images`` for the images alone, on which the student is then not run.
    needs: frozenset[str] = frozenset({"target"})

    #: Weight of the losses, for methods that have one weight; 0 switches the alignment off.
    weight: float = 1.0

    def __init__(self, start: int = 0, init_cfg: dict | list | None = None) -> None:
        super().__init__(init_cfg)
        if start < 0:
            raise ConfigError(f"{type(self).__name__}: `start` must be 0 or more, got {start}.")
        self.start = start

    def attach(self, segmentor: nn.Module) -> None:
        """Look at the student once it is built; by default nothing is done.

        A sub-class may check the heads here, or copy a part of the student.

        Args:
            segmentor: The ``EncoderDecoder``, before its weights are initialised.
        """

    def active(self, step: int) -> bool:
        """Return whether anything is computed at iteration ``step``, counted from 0."""
        return step >= self.start and self.weight != 0

    def forward(self, context: UDAContext) -> dict[str, Tensor]:
        """Return :meth:`losses`, or a connected 0 where the alignment is not active.

        Args:
            context: What the segmentor has computed in this iteration.

        Returns:
            Scalar tensors by name.
        """
        if not self.active(context.step):
            return {"loss_inactive": self.zero(context)}
        return self.losses(context.for_needs(self.needs, type(self).__name__))

    @abstractmethod
    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return the losses of an iteration in which the alignment is active.

        Args:
            context: What the alignment's :attr:`needs` name, and the source.

        Returns:
            Scalar tensors by name. Those whose name contains ``loss`` are summed and minimised,
            the others are only logged.
        """

    def zero(self, context: UDAContext) -> Tensor:
        """Return 0, connected to this alignment's parameters and to the student's outputs."""
        terms = [parameter.sum() for parameter in self.parameters() if parameter.requires_grad]
        total = (context.source_outputs or context.target).logits["decode"].sum()
        for term in terms:
            total = total + term
        return total * 0


def check_head(alignment: Alignment, segmentor: Any, head: str, num_classes: int | None) -> None:
    """Check that a segmentor has a head, and that it has ``num_classes`` classes.

    Args:
        alignment: The alignment that needs the head; the message names it.
        segmentor: An ``EncoderDecoder``.
        head: ``decode``, ``aux`` or ``aux_0``, ``aux_1``, ...
        num_classes: Number of classes that the head must have; None for any.
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
