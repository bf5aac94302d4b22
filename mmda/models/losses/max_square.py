"""The maximum squares loss."""

from __future__ import annotations

import torch
from torch import Tensor

from mmda.utils.distributed import counted_mean


def max_square_loss(maps: Tensor, balance: float = 0.2, counted: Tensor | None = None) -> Tensor:
    r"""Return the negative mean square of probabilities (Chen et al. 2019, MaxSquare).

    .. math:: L = -\frac{1}{2 M} \sum_m \sum_n \sum_c
        \frac{(p_{n,c}^m)^2}{(N_{c(n)}^m)^\alpha (N^m)^{1 - \alpha}}

    for M images with :math:`N^m` pixels that count, of which :math:`N_c^m` are predicted as class
    c. As in the authors' code, a pixel has the weight of the class c(n) that it is predicted as,
    which is never empty; the paper gives each class its own. Their code also divides by C and does
    not halve; here it is as in the paper, so that :math:`\alpha = 0` is the loss without class
    weights. The weights are constants.

    Args:
        maps: Softmax maps (N, C, h, w).
        balance: :math:`\alpha` in [0, 1]; 0 weighs all pixels alike, 1 all classes.
        counted: Which pixels count, (N, h, w) bool; None for all. Images without one are left out.

    Returns:
        A scalar in [-0.5, 0] for :math:`\alpha = 0`.
    """
    squares, labels = maps.square().sum(1).flatten(1), maps.detach().argmax(1).flatten(1)
    seen = torch.ones_like(labels, dtype=torch.bool) if counted is None else counted.flatten(1)
    numbers = torch.zeros(maps.shape[:2], dtype=maps.dtype, device=maps.device)
    numbers.scatter_add_(1, labels, seen.to(maps.dtype))
    total = numbers.sum(1, keepdim=True)
    weights = numbers.gather(1, labels).clamp(min=1) ** balance
    weights = weights * total.clamp(min=1) ** (1 - balance)
    images = -(squares / weights).where(seen, 0).sum(1) / 2
    return counted_mean(images, None if counted is None else total[:, 0] > 0)
