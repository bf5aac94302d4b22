"""Features of regions and their distance to stored features (AIM, Yuan et al., Eq. 9-11).

N is the number of images, S the number of region slots per image, D the number of channels.
"""

from __future__ import annotations

import torch
from torch import Tensor


def region_means(features: Tensor, regions: Tensor, slots: int) -> tuple[Tensor, Tensor]:
    """Return the mean feature of each region (Eq. 9).

    Args:
        features: (N, D, h, w).
        regions: The slot of each cell, (N, h, w), -1 for none.
        slots: Number of slots S.

    Returns:
        Means (N, S, D) in float32, 0 for empty slots, and the number of cells of each, (N, S).
    """
    numbers = torch.arange(slots, device=features.device)
    masks = (regions.flatten(1)[..., None] == numbers).float()
    cells = masks.sum(1)
    # A matrix product and not an index-add, which sums in a random order on GPUs. On CPUs both are
    # equally fast.
    sums = (features.float().flatten(2) @ masks).transpose(1, 2)
    return sums / cells.clamp(min=1)[..., None], cells


def matching_loss(
    features: Tensor, nearest_stored: Tensor, counted: Tensor, weights: Tensor
) -> Tensor:
    """Return the weighted distance of instances to their nearest stored features (Eq. 11).

    For each image and class, it is the mean over instances of the mean absolute difference. These
    means are weighted and summed over classes, and averaged over the batch (Eq. 11 has one image
    per batch). A class without instances in an image adds 0.

    Args:
        features: Features of the instances, (N, K, M, D).
        nearest_stored: The stored feature nearest to each of them, (N, K, M, D), without gradient.
        counted: Which entries are instances, (N, K, M) bool.
        weights: eta of each class, (K,).

    Returns:
        A scalar.
    """
    distances = (features - nearest_stored).abs().mean(3)
    per_class = (distances * counted).sum(2) / counted.sum(2).clamp(min=1)
    return (per_class * weights).sum(1).mean()


def adaptive_weights(distances: Tensor, in_both: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return eta of Eq. 10, and the classes for which it is defined.

    .. math:: \zeta_k = d_k / (\max d - \min d), \quad
        \eta_k = \zeta_k / \max_{i, j} |\zeta_i - \zeta_j|

    By the first equation the second denominator is 1, so eta = zeta. It is not defined for a class
    that is missing in a domain, for a single class, or where all distances are equal.

    Args:
        distances: d, each class's distance between the domains, (K,).
        in_both: Which classes occur in both domains, (K,) bool.

    Returns:
        eta (K,), 1 where it is not defined; and where it is defined, (K,) bool.
    """
    infinite = distances.new_full((), torch.inf)
    spread = (
        torch.where(in_both, distances, -infinite).amax()
        - torch.where(in_both, distances, infinite).amin()
    )
    defined = in_both & (spread > 0)
    return torch.where(defined, distances / spread.where(spread > 0, infinite), 1.0), defined
