"""Class vectors, which represent a class in a domain (ISIA, Yuan et al., section IV-B)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.domain_batch import DomainBatch, resize
from mmda.models.losses.category import EPS, class_distances
from mmda.utils.distributed import batch_mean
from mmda.utils.precision import full_precision

MODES = ("flat", "pooled")


@dataclass
class ClassVectors:
    """The class vectors of P pairs of a source and a target.

    Attributes:
        source: (P, C, L) in float32.
        target: (P, C, L) in float32.
        in_source: Which classes occur in the source, (P, C) bool.
        in_target: Which classes occur in the target, (P, C) bool.
        lengths: Number of the L entries that count, (P,) float32; the others are 0.
    """

    source: Tensor
    target: Tensor
    in_source: Tensor
    in_target: Tensor
    lengths: Tensor

    def distances(self) -> Tensor:
        """Return each class's mean L1 distance between the domains, (P, C)."""
        return class_distances(self.source, self.target, self.lengths)


@dataclass(frozen=True)
class ClassVectorRule:
    """How class vectors are computed.

    ``flat``: c_i is channel i of the softmax map at the logits' own resolution, flattened, as the
    paper writes it. Each image pair of the batch is a pair; the target's map is resized to the
    source's grid where the two differ. Cells that do not count in either image are left out.

    ``pooled``: c_i is the average of the feature map, weighted by channel i of the softmax map
    (resized to the feature map). Source and target are averaged over the batch of all processes, so
    that P = 1, since two random crops do not correspond cell by cell. For the paper's batch of one
    image, this equals the average per pair.

    A class occurs in a domain if it is the arg-max of the softmax map somewhere. Vectors of classes
    that do not occur are not compared.

    Attributes:
        owner: Name of the alignment; error messages begin with it.
        mode: ``'flat'`` or ``'pooled'``.
        index: Which of the backbone's feature maps ``pooled`` averages, -1 for the last.
        head: Which head's softmax maps: ``'decode'``, ``'aux'``, ...
    """

    owner: str
    mode: str = "flat"
    index: int = -1
    head: str = "decode"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigError(
                f"{self.owner}: unknown `mode` {self.mode!r}; expected one of {MODES}."
            )

    def __call__(
        self, context: UDAContext, detach_source: bool = True, source_logits: Tensor | None = None
    ) -> ClassVectors:
        """Return the class vectors of an iteration.

        Args:
            context: The iteration's tensors.
            detach_source: Whether the source's vectors get no gradient.
            source_logits: Logits (N, C, h, w) to use for the source in place of the context's.
        """
        source, target = context.source, context.target
        logits = self._logits(source) if source_logits is None else source_logits
        if detach_source:
            logits = logits.detach()
        with full_precision(logits):
            if self.mode == "flat":
                return _flat(source, target, logits, self._logits(target))
            features = level(source.feats, self.index, self.owner)
            vectors, in_source = _pooled(
                source, logits, features.detach() if detach_source else features
            )
            theirs, in_target = _pooled(
                target, self._logits(target), level(target.feats, self.index, self.owner)
            )
        lengths = vectors.new_full((1,), vectors.shape[2])
        return ClassVectors(vectors, theirs, in_source, in_target, lengths)

    def _logits(self, domain: DomainBatch) -> Tensor:
        if self.head not in domain.logits:
            raise ConfigError(
                f"{self.owner}: `head` is `{self.head}`, but the segmentor has "
                f"{sorted(domain.logits)}."
            )
        return domain.logits[self.head]


def level(feats: Sequence[Tensor], index: int, owner: str) -> Tensor:
    """Return one of the backbone's feature maps.

    Args:
        feats: Feature maps (N, D, h, w).
        index: Which of them.
        owner: Name of the alignment; the message begins with it.

    Raises:
        ConfigError: When there is no feature map of that index.
    """
    if not -len(feats) <= index < len(feats):
        raise ConfigError(
            f"{owner}: `index` is {index}, but the backbone has {len(feats)} feature maps. Use "
            f"0 to {len(feats) - 1}, or -1 for the last."
        )
    return feats[index]


def _flat(
    source: DomainBatch, target: DomainBatch, logits: Tensor, target_logits: Tensor
) -> ClassVectors:
    size = tuple(logits.shape[-2:])
    maps = [
        logits.float().softmax(1),
        resize(target_logits.float().softmax(1), size, target.align_corners),
    ]
    valid = source.valid_cells(size) & target.valid_cells(size)
    vectors, theirs = ((p * valid[:, None]).flatten(2) for p in maps)
    in_source, in_target = ((_one_hot(p) & valid[:, None]).flatten(2).any(2) for p in maps)
    return ClassVectors(vectors, theirs, in_source, in_target, valid.flatten(1).sum(1).float())


def _pooled(domain: DomainBatch, logits: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
    """Return class vectors (1, C, D) and which classes occur (1, C), over all processes."""
    size = tuple(features.shape[-2:])
    p = resize(logits.float().softmax(1), size, domain.align_corners)
    valid = domain.valid_cells(size)[:, None]
    weights = (p * valid).flatten(2) / valid[0].numel()
    sums = weights @ features.float().flatten(2).transpose(1, 2)
    cells = (_one_hot(p) & valid).flatten(2).float().sum(2)
    # One reduction for all three, since each reduction is a collective call.
    stats = batch_mean(torch.cat([sums, weights.sum(2)[..., None], cells[..., None]], 2))
    sums, mass, count = stats.split([features.shape[1], 1, 1], 1)
    return (sums / mass.clamp(min=EPS))[None], (count[:, 0] > 0)[None]


def _one_hot(maps: Tensor) -> Tensor:
    """Return where each class has the maximum, (N, C, h, w) bool."""
    classes = torch.arange(maps.shape[1], device=maps.device)[:, None, None]
    return maps.argmax(1, keepdim=True) == classes
