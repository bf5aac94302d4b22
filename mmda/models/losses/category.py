r"""ISIA's losses on class vectors (Yuan et al., Eq. 6-8).

A class vector :math:`c_i` represents class i in one domain. P is the number of (source, target)
pairs that are compared, C the number of classes, L the length of a vector.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

EPS = 1e-6


def class_distances(source: Tensor, target: Tensor, lengths: Tensor) -> Tensor:
    """Return the mean L1 distance of each class between the domains, (P, C).

    Args:
        source: Class vectors (P, C, L).
        target: Class vectors (P, C, L).
        lengths: Number of a pair's L entries that count, (P,); the others are 0 in both domains.
    """
    return (source - target).abs().sum(2) / lengths.clamp(min=1)[:, None]


def class_similarities(source: Tensor, target: Tensor) -> Tensor:
    r"""Return :math:`D_{sim}(c_i^S, c_k^T) = 0.5 + 0.5 \cos(c_i^S, c_k^T)` (Eq. 7), (P, C, C).

    The cosine runs over the L entries of a vector. (Over a dimension of size 1, as in public code,
    it is a constant without gradient.) A vector of zeros has a cosine of 0 to all others.

    Args:
        source: Class vectors (P, C, L).
        target: Class vectors (P, C, L).

    Returns:
        In [0, 1]; rows are the source's classes, columns the target's.
    """
    directions = [F.normalize(vectors, dim=2, eps=EPS) for vectors in (source, target)]
    return 0.5 + 0.5 * directions[0] @ directions[1].transpose(1, 2)


def intra_class_loss(
    distances: Tensor, in_source: Tensor, in_target: Tensor, summed: bool = False
) -> Tensor:
    """Return the mean distance of the classes that occur in both domains (Eq. 8, first term).

    Eq. 8 has a sum; the mean does not depend on the number of classes. Both are averaged over
    pairs; a pair without a common class counts as 0.

    Args:
        distances: Distance of each class between the domains, (P, C).
        in_source: Which classes occur in the source, (P, C) bool.
        in_target: Which classes occur in the target, (P, C) bool.
        summed: Whether to return the sum over classes, as in Eq. 8.

    Returns:
        A scalar.
    """
    return mean_where(distances, in_source & in_target, summed)


def inter_class_loss(
    similarities: Tensor, in_source: Tensor, in_target: Tensor, summed: bool = False
) -> Tensor:
    """Return the mean similarity over ordered pairs of different classes (Eq. 8, second term).

    A pair counts if its first class occurs in the source and its second in the target.

    Args:
        similarities: (P, C, C), rows for the source's classes.
        in_source: Which classes occur in the source, (P, C) bool.
        in_target: Which classes occur in the target, (P, C) bool.
        summed: Whether to return the sum over ordered pairs, as in Eq. 8.

    Returns:
        A scalar; a mean is in [0, 1].
    """
    classes = similarities.shape[1]
    different = ~torch.eye(classes, dtype=torch.bool, device=similarities.device)
    counted = in_source[:, :, None] & in_target[:, None] & different
    return mean_where(similarities, counted, summed)


def mean_where(values: Tensor, counted: Tensor, summed: bool = False) -> Tensor:
    """Return the mean over pairs of each pair's mean (or sum) of the values that count.

    Args:
        values: (P, ...).
        counted: Which values count, (P, ...) bool; a pair in which none does counts as 0.
        summed: Whether a pair's values are summed.
    """
    counted = counted.flatten(1)
    sums = (values.flatten(1) * counted).sum(1)
    return (sums if summed else sums / counted.sum(1).clamp(min=1)).mean()
