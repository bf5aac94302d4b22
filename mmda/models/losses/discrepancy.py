"""How alike two classifiers are: in their parameters, and in their predictions."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def weight_similarity(first: nn.Module, second: nn.Module) -> Tensor:
    r"""Return the cosine of two modules' parameters (Luo et al. 2019, CLAN).

    .. math:: L = \frac{w_1 \cdot w_2}{\|w_1\| \|w_2\|}

    for the vectors of all parameters. Minimised, it drives the modules apart.

    Args:
        first: A module.
        second: A module with parameters of the same shapes, in the same order.

    Returns:
        A scalar in [-1, 1], float32.
    """
    one, other = (
        torch.cat([parameter.float().flatten() for parameter in module.parameters()])
        for module in (first, second)
    )
    return F.cosine_similarity(one, other, dim=0)


def prediction_distance(first: Tensor, second: Tensor) -> Tensor:
    r"""Return the cosine distance of two predictions of each pixel (Luo et al. 2019, CLAN).

    .. math:: M = 1 - \frac{p_1 \cdot p_2}{\|p_1\| \|p_2\|}

    Args:
        first: Softmax maps (N, C, h, w).
        second: Softmax maps of the same shape.

    Returns:
        (N, h, w), in [0, 1]: 0 where the predictions agree.
    """
    return 1 - F.cosine_similarity(first, second, dim=1)
