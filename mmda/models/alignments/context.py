"""What one training iteration shows to the alignments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmda.errors import ConfigError

SOURCE, TARGET = 0.0, 1.0  # the discriminators' domain labels


@dataclass
class DomainBatch:
    """One domain's images, samples and network outputs.

    Attributes:
        images: (N, B, H, W), normalised; what the student saw.
        samples: The ``SegDataSample`` of each image.
        feats: The backbone's (or neck's) feature maps, each (N, D, h, w).
        logits: Logits (N, C, h, w) by head: ``decode``, and ``aux`` or ``aux_0``, ``aux_1``, ...
        weak_images: The teacher's view, (N, B, H, W); ``images`` where the pipeline keeps none.
        align_corners: How the heads' logits are resized.
    """

    images: Tensor
    samples: Sequence
    feats: Sequence[Tensor]
    logits: dict[str, Tensor]
    weak_images: Tensor
    align_corners: bool = False
    _cache: dict = field(default_factory=dict, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images, in pixels."""
        return tuple(self.images.shape[-2:])  # type: ignore[return-value]

    def upsampled(self, head: str = "decode", scale: float = 1.0) -> Tensor:
        """Return a head's logits resized to ``scale`` times the image size, computed once."""
        size = tuple(max(1, round(side * scale)) for side in self.size)
        return self._once(
            ("logits", head, size),
            lambda: resize(self.logits[head], size, self.align_corners),
        )

    def probabilities(self, head: str = "decode", scale: float = 1.0) -> Tensor:
        """Return softmax maps (N, C, scale * H, scale * W) in float32, computed once."""
        return self._once(
            ("softmax", head, scale), lambda: self.upsampled(head, scale).float().softmax(1)
        )

    def labels(self) -> Tensor:
        """Return the labels (N, H, W), int64, 255 = ignore. Only the source has any."""
        return self._once(
            ("labels",),
            lambda: torch.cat([sample.gt_sem_seg.data for sample in self.samples]).long(),
        )

    def pseudo_labels(self) -> Tensor:
        """Return the pseudo-labels (N, H, W), int64, 255 = none.

        Raises:
            ConfigError: When the samples have none.
        """
        return self._once(("pseudo_labels",), self._pseudo_labels)

    def _pseudo_labels(self) -> Tensor:
        labels = self.images.new_full((len(self.images), *self.size), 255, dtype=torch.long)
        for label, sample in zip(labels, self.samples, strict=True):
            if "pseudo_sem_seg" not in sample:
                raise ConfigError(
                    "The target's samples have no pseudo-labels. Put `LoadPseudoLabel` after "
                    "`LoadTile` in the target's pipeline, and add `PseudoLabelHook` to "
                    "`custom_hooks` or give `LoadPseudoLabel` a `folder`."
                )
            own = sample.pseudo_sem_seg.data[0]  # without the padding to the batch's size
            label[: own.shape[0], : own.shape[1]] = own
        return labels

    def valid(self) -> Tensor:
        """Return where the images have data, (N, H, W) bool; padding and no-data have none."""
        return self._once(("valid",), self._valid)

    def _valid(self) -> Tensor:
        masks = self.images.new_zeros((len(self.images), *self.size), dtype=torch.bool)
        for mask, sample in zip(masks, self.samples, strict=True):
            if "valid" in sample:
                height, width = sample.valid.data.shape[-2:]
                mask[:height, :width] = sample.valid.data[0]
            else:
                height, width = sample.metainfo.get("img_shape", self.size)[:2]
                mask[:height, :width] = True
        return masks

    def _once(self, key: tuple, compute: Callable[[], Tensor]) -> Tensor:
        if key not in self._cache:
            self._cache[key] = compute()
        return self._cache[key]


@dataclass
class UDAContext:
    """All that an alignment may look at in one iteration.

    Attributes:
        source: The labelled domain's batch.
        target: The unlabelled domain's batch; None where no alignment needs it, and without
            ``feats`` and ``logits`` where alignments need its images alone.
        step: Number of iterations done before this one.
        teacher: Returns the teacher's softmax maps (N, C, H, W) for images, without gradient;
            None where no alignment needs it.
        student: Returns the student's main logits (N, C, h, w) for images.
        decode_head: The student's decode head: logits (N, C, h, w) of lists of feature maps.
    """

    source: DomainBatch
    target: DomainBatch | None
    step: int
    teacher: Callable[[Tensor], Tensor] | None = None
    student: Callable[[Tensor], Tensor] | None = None
    decode_head: nn.Module | None = None
    _teacher_maps: Tensor | None = field(default=None, repr=False)

    def teacher_probabilities(self) -> Tensor:
        """Return the teacher's softmax maps of the target's weak view, computed once."""
        if self._teacher_maps is None:
            assert self.teacher is not None and self.target is not None
            self._teacher_maps = self.teacher(self.target.weak_images)
        return self._teacher_maps

    def run_student(self, images: Tensor) -> Tensor:
        """Run the student on further images (N, B, H, W); return logits (N, C, H, W)."""
        assert self.student is not None
        logits = self.student(images)
        return resize(logits, tuple(images.shape[-2:]), self.source.align_corners)


def resize(maps: Tensor, size: tuple[int, ...], align_corners: bool) -> Tensor:
    """Return logits or softmax maps (N, C, h, w) on another grid; softmax maps still sum to 1."""
    if tuple(maps.shape[-2:]) == size:
        return maps
    return F.interpolate(maps, size, mode="bilinear", align_corners=align_corners)
