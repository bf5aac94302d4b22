"""One domain's part of a training iteration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mmda.errors import ConfigError
from mmda.utils.distributed import counted_mean

SOURCE, TARGET = 0.0, 1.0  # the discriminators' domain labels


@dataclass
class DomainImages:
    """One domain's images and samples.

    Attributes:
        images: (N, B, H, W), normalised and augmented, as the student sees them.
        samples: The ``SegDataSample`` of each image.
        weak_images: The teacher's view, (N, B, H, W); ``images`` where the pipeline keeps none.
        mask_key: The samples' mask of the pixels that count: ``valid``, or ``has_data``, which
            leaves the labels out of it.
    """

    images: Tensor
    samples: Sequence
    weak_images: Tensor
    mask_key: str = field(default="valid", kw_only=True)
    _cache: dict = field(default_factory=dict, repr=False, kw_only=True)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images, in pixels."""
        return tuple(self.images.shape[-2:])  # type: ignore[return-value]

    def labels(self) -> Tensor:
        """Return the labels (N, H, W), int64, 255 = ignore. Only the source has labels."""
        return self.cached(
            ("labels",),
            lambda: torch.cat([sample.gt_sem_seg.data for sample in self.samples]).long(),
        )

    def pseudo_labels(self) -> Tensor:
        """Return the pseudo-labels (N, H, W), int64, 255 = no label.

        Raises:
            ConfigError: When a sample has no pseudo-label.
        """
        return self.cached(("pseudo_labels",), self._pseudo_labels)

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

    @property
    def all_valid(self) -> bool:
        """Whether all pixels count; found without waiting for the device."""
        sizes = (_image_size(sample, self.size) for sample in self.samples)
        return not (
            any(self.mask_key in sample for sample in self.samples)
            or any(size != self.size for size in sizes)
        )

    def valid(self) -> Tensor:
        """Return which pixels count, (N, H, W) bool.

        Pixels without data, padding and, in a labelled domain, pixels whose label is ignored do not
        count: they are part of no statistic and no loss, and no discriminator sees them.
        """
        return self.cached(("valid",), self._valid)

    def valid_cells(self, size: tuple[int, ...]) -> Tensor:
        """Return which cells of a grid count, by the pixel at their centre, (N, h, w) bool."""
        return self.cached(("valid", size), lambda: nearest(self.valid(), size))

    def mask(self, size: tuple[int, ...]) -> Tensor | None:
        """Return :meth:`valid_cells`, or None where all pixels count, so that nothing is masked."""
        return None if self.all_valid else self.valid_cells(size)

    def valid_mean(self, values: Tensor) -> Tensor:
        """Return the mean of values (N, h, w) over the cells that count, of all processes.

        For a loss per pixel. Averaged over processes, as distributed training averages gradients,
        it is the mean over the counted cells of the whole batch; 0 where there are none.
        """
        return counted_mean(values, self.mask(tuple(values.shape[-2:])))

    def _valid(self) -> Tensor:
        masks = self.images.new_zeros((len(self.images), *self.size), dtype=torch.bool)
        for mask, sample in zip(masks, self.samples, strict=True):
            height, width = _image_size(sample, self.size)
            mask[:height, :width] = True
            if self.mask_key in sample:  # of the label's size, which evaluation does not resize
                own = sample.get(self.mask_key).data
                mask[:height, :width] = nearest(own, (height, width))[0]
        return masks

    def cached(self, key: tuple, compute: Callable[[], Tensor]) -> Tensor:
        """Return what ``compute`` returned when it was first called for this key."""
        if key not in self._cache:
            self._cache[key] = compute()
        return self._cache[key]


@dataclass
class DomainBatch(DomainImages):
    """One domain's images and samples, and the student's outputs for the images.

    Attributes:
        feats: The backbone's (or neck's) feature maps, each (N, D, h, w).
        logits: Logits (N, C, h, w) by head: ``decode``, and ``aux`` or ``aux_0``, ``aux_1``, ...
        align_corners: Whether logits are resized with aligned corners.
    """

    feats: Sequence[Tensor]
    logits: dict[str, Tensor]
    align_corners: bool = False

    def upsampled(self, head: str = "decode", scale: float = 1.0) -> Tensor:
        """Return a head's logits resized to ``scale`` times the image size, computed once."""
        size = tuple(max(1, round(side * scale)) for side in self.size)
        return self.cached(
            ("logits", head, size),
            lambda: resize(self.logits[head], size, self.align_corners),
        )

    def probabilities(self, head: str = "decode", scale: float = 1.0) -> Tensor:
        """Return softmax maps (N, C, scale * H, scale * W) in float32, computed once."""
        return self.cached(
            ("softmax", head, scale), lambda: self.upsampled(head, scale).float().softmax(1)
        )


def _image_size(sample: Any, size: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of a sample's image without the padding."""
    height, width = sample.metainfo.get("img_shape", size)[:2]
    return int(height), int(width)


def nearest(maps: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return the values of integer or bool maps (N, H, W) at the centres of a grid's cells."""
    if tuple(maps.shape[-2:]) == size:
        return maps
    # float32 represents class and region numbers exactly.
    found = F.interpolate(maps[:, None].float(), size, mode="nearest-exact")[:, 0]
    return found.to(maps.dtype)


def resize(maps: Tensor, size: tuple[int, ...], align_corners: bool) -> Tensor:
    """Return logits or softmax maps (N, C, h, w) on another grid; softmax maps still sum to 1."""
    if tuple(maps.shape[-2:]) == size:
        return maps
    return F.interpolate(maps, size, mode="bilinear", align_corners=align_corners)
