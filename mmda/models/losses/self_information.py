"""Weighted self-information maps (AdvEnt)."""

from __future__ import annotations

import math

from torch import Tensor


def self_information(probabilities: Tensor, eps: float = 1e-30) -> Tensor:
    r"""Return :math:`-p \log_2 p / \log_2 C` per class (AdvEnt, Vu et al. 2019, Eq. 3).

    Args:
        probabilities: Softmax maps (N, C, H, W), C at least 2.
        eps: Added to p inside the logarithm, so that p = 0 gives 0 with a finite gradient.

    Returns:
        Maps (N, C, H, W), each in [0, 1]; their sum over classes is the normalised entropy.
    """
    return -probabilities * (probabilities + eps).log2() / math.log2(probabilities.shape[1])
