"""Features of regions and their distance to stored ones (AIM, Yuan et al., Eq. 9-11).

N images, S slots for regions in each, D channels.
"""

from __future__ import annotations

import torch
from torch import Tensor


def region_means(features: Tensor, regions: Tensor, slots: int) -> tuple[Tensor, Tensor]:
    """Return the mean feature of each region (Eq. 9), all in one product.

    Args:
        features: (N, D, h, w).
        regions: The slot of each cell, (N, h, w), -1 for none.
        slots: Number of slots S.

    Returns:
        Means (N, S, D) in float32, 0 for empty slots, and the cells of each, (N, S).
    """
    numbers = torch.arange(slots, device=features.device)
    masks = (regions.flatten(1)[..., None] == numbers).float()
    cells = masks.sum(1)
    # Not an index-add: on GPUs it adds in any order, and the product is as fast on CPUs.
    sums = (features.float().flatten(2) @ masks).transpose(1, 2)
    return sums / cells.clamp(min=1)[..., None], cells


def matching_loss(features: Tensor, nearest: Tensor, counted: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted distance of instances to their nearest stored features (Eq. 11).

    Per image and class the mean over instances of the mean absolute difference, weighted and
    summed over classes; over a batch the mean (Eq. 11 sums, with one image per batch). An image
    without instances of a class adds 0.

    Args:
        features: Of instances, (N, K, M, D).
        nearest: What each is compared with, (N, K, M, D), constant.
        counted: Which are instances, (N, K, M) bool.
        weights: eta of each class, (K,).

    Returns:
        A scalar.
    """
    distances = (features - nearest).abs().mean(3)
    per_class = (distances * counted).sum(2) / counted.sum(2).clamp(min=1)
    return (per_class * weights).sum(1).mean()


def adaptive_weights(distances: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return eta of Eq. 10, and for which classes it is defined.

    .. math:: \zeta_k = d_k / (\max d - \min d), \quad
        \eta_k = \zeta_k / \max_{i, j} |\zeta_i - \zeta_j|

    The second denominator is 1 by the first, so eta = zeta. Neither is defined for a class that a
    domain lacks, for a single class, or where all distances are equal.

    Args:
        distances: d, each class's distance between the domains, (K,).
        held: Which classes both domains hold, (K,) bool.

    Returns:
        eta (K,), 1 where it is not defined, and where it is (K,) bool.
    """
    infinite = distances.new_full((), torch.inf)
    spread = (
        torch.where(held, distances, -infinite).amax()
        - torch.where(held, distances, infinite).amin()
    )
    defined = held & (spread > 0)
    return torch.where(defined, distances / spread.where(spread > 0, infinite), 1.0), defined
