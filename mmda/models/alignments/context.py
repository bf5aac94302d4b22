"""What an alignment finds of one training iteration."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.domain_batch import DomainBatch, DomainImages, resize
from mmda.utils.recomputing import distributed_checkpointing

NEEDS = ("target", "target_images", "teacher")
"""What an alignment can need: the attributes of :class:`UDAContext` that cost computation."""


class UDAContext:
    """All that an alignment may look at in one iteration.

    ``step`` and ``segmentor`` are always there, and so is ``source`` but in source-free training.
    ``target``, ``target_images`` and ``teacher`` cost computation, so an alignment finds only those
    that its :attr:`~mmda.models.alignments.Alignment.needs` name; reading another one is an error.

    Args:
        source: The labelled domain's batch; None in source-free training.
        target: The unlabelled domain's batch; a :class:`DomainImages` where the student has not
            run on it, None where there is none.
        step: Number of iterations done before this one.
        segmentor: The student, an ``EncoderDecoder``.
        teacher: Returns the teacher's softmax maps (N, C, H, W) for images (N, B, H, W), without
            gradient; None where there is no teacher.
    """

    def __init__(
        self,
        source: DomainBatch | None,
        target: DomainImages | None,
        step: int,
        segmentor: Any,
        teacher: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.step, self.segmentor = step, segmentor
        #: The labelled domain's batch; None in source-free training.
        self.source_outputs = source
        parts = {
            "target": target if isinstance(target, DomainBatch) else None,
            "target_images": target,
            "teacher": teacher,
        }
        self._parts: dict[str, Any] = {k: part for k, part in parts.items() if part is not None}
        self._reader = "The alignment"

    def for_needs(self, needs: frozenset[str], reader: str) -> UDAContext:
        """Return the context as one alignment sees it.

        Args:
            needs: The alignment's ``needs``; ``target`` includes ``target_images``.
            reader: The alignment's name, for the error message.
        """
        found = needs | {"target_images"} if "target" in needs else needs
        view = copy.copy(self)
        view._parts = {name: part for name, part in self._parts.items() if name in found}
        view._reader = reader
        return view

    @property
    def source(self) -> DomainBatch:
        """The labelled domain's batch, with the student's features and logits."""
        if self.source_outputs is None:
            raise ConfigError(
                f"{self._reader} needs the source, but the training has none. Give "
                "`train_dataloader.dataset` a `source`, or leave the alignment out."
            )
        return self.source_outputs

    @property
    def target(self) -> DomainBatch:
        """The unlabelled domain's batch, with the student's features and logits."""
        return self._part("target")

    @property
    def target_outputs(self) -> DomainBatch | None:
        """The target's batch, for measurements; None where the student has not run on it."""
        return self._parts.get("target")

    @property
    def target_images(self) -> DomainImages:
        """The unlabelled domain's images, on which the student need not have run."""
        return self._part("target_images")

    @property
    def teacher(self) -> Callable[[Tensor], Tensor]:
        """The teacher: softmax maps (N, C, H, W) of images (N, B, H, W), without gradient."""
        return self._part("teacher")

    def _part(self, name: str) -> Any:
        if name not in self._parts:
            raise ConfigError(
                f"{self._reader} reads `context.{name}`, but only {sorted(self._parts)} are there "
                f"for it. Add {name!r} to its `needs`."
            )
        return self._parts[name]

    def teacher_probabilities(self) -> Tensor:
        """Return the teacher's softmax maps of the target's weak view, computed once.

        Needs ``teacher`` and ``target_images`` (or ``target``).
        """
        images, teacher = self.target_images, self.teacher
        return images.cached(("teacher",), lambda: teacher(images.weak_images))

    def run_student(self, images: Tensor) -> Tensor:
        """Run the student on further images (N, B, H, W); return logits (N, C, H, W)."""
        head = self.segmentor.decode_head
        with distributed_checkpointing(self.segmentor):
            logits = head(self.segmentor.extract_feat(images))
        return resize(logits, tuple(images.shape[-2:]), head.align_corners)
