r"""The losses of cross-domain grouping (CDGA).

Throughout, p are softmax maps (N, C, H, W), H assignments to groups (N, K, H, W), and
:math:`F^k = H^k p` the maps of group k. The paper calls p both logits and a distribution; the
logarithm of Eq. 5 is defined for the latter only.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mmda.utils.precision import full_precision, widened

EPS = 1e-6


def group_distributions(
    probabilities: Tensor, groups: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Return Q, the spatial mean of each group's maps.

    Args:
        probabilities: Softmax maps (N, C, H, W).
        groups: Assignment (N, K, H, W), 0 outside ``mask``.
        mask: Which pixels count, (N, H, W) bool; None for all.

    Returns:
        (N, K, C), 0 or more, with a sum of 1 over (K, C) for each sample; 0 for a sample of which
        no pixel counts.
    """
    # In float16 the sum over 65504 or more pixels would be infinite.
    with full_precision(probabilities):
        sums = torch.einsum("nkhw,nchw->nkc", widened(groups), widened(probabilities))
    if mask is None:
        return sums / probabilities[0, 0].numel()
    return sums / mask.flatten(1).sum(1).clamp(min=1)[:, None, None]


def group_maxima(probabilities: Tensor, groups: Tensor) -> Tensor:
    """Return m, the spatial maximum of each group's maps per class.

    Args:
        probabilities: Softmax maps (N, C, H, W).
        groups: Assignment (N, K, H, W).

    Returns:
        (N, K, C) in [0, 1].
    """
    # One group at a time, since the maps of all groups are K times as large as the softmax maps.
    maxima = [
        (group[:, None] * probabilities).flatten(2).max(2).values for group in groups.unbind(1)
    ]
    return torch.stack(maxima, 1)


def discriminator_condition(distributions: Tensor) -> Tensor:
    """Return the discriminator's condition: Q without gradient, with a sum of 1 per group.

    The normalisation is that of CDAN (Long et al. 2018). Without it, the condition of a small group
    would be close to 0.

    Args:
        distributions: Q, (N, K, C).
    """
    distributions = distributions.detach()
    return distributions / (distributions.sum(-1, keepdim=True) + EPS)


def consistency_loss(source: Tensor, target: Tensor) -> Tensor:
    r"""Return :math:`L_{co} = \sum_k \|Q_S^k - Q_T^k\|^2` (CDGA, Eq. 1), a scalar.

    Args:
        source: The source's Q, (K, C).
        target: The target's Q, (K, C).
    """
    return (widened(source) - widened(target)).square().sum()


def orthogonality_loss(distributions: Tensor) -> Tensor:
    r"""Return one domain's :math:`L_{orth} = \sum_{j_1 < j_2} \cos(Q^{j_1}, Q^{j_2})`, a scalar.

    The paper's sum (CDGA, Eq. 3) runs over all pairs, which counts each pair twice and adds the
    constant K. An empty group has a cosine of 0 to all others. At most C non-negative vectors can
    be orthogonal, so the loss cannot reach 0 for K > C.

    Args:
        distributions: Q, (K, C).
    """
    return group_cosines(distributions).triu(1).sum()


def group_cosines(distributions: Tensor) -> Tensor:
    """Return the cosine between each pair of groups, (K, K).

    Args:
        distributions: Q, (K, C).
    """
    with full_precision(distributions):
        directions = F.normalize(widened(distributions), dim=-1, eps=EPS)
        return directions @ directions.T


def class_equivalence_loss(source: Tensor, target: Tensor, threshold: float = 0.05) -> Tensor:
    r"""Return :math:`L_{cl} = -\sum_k \sum_u [m_{S,u}^k \ge \tau] \log m_{T,u}^k` (CDGA, Eq. 5).

    The source's maxima are labels and get no gradient; the target's are clamped at 1e-6.

    Args:
        source: The source's m, (K, C); for a batch, the maxima over its samples.
        target: The target's m, (K, C).
        threshold: tau, in [0, 1].

    Returns:
        A scalar.
    """
    present = source.detach() >= threshold
    return -(widened(target).clamp(min=EPS).log() * present).sum()
