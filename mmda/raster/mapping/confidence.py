"""How sure a model is of the class that a map shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def to_confidence(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the largest probability of each pixel.

    Args:
        rows: Probabilities ``(C, n, width)``; they are divided by their sum, which is below one
            beside a tile that was not predicted.

    Returns:
        ``(1, n, width)`` in 1/C..1; 0 where there is no prediction.
    """
    total = rows.sum(axis=0, keepdims=True)
    total[total <= 0] = 1
    return rows.max(axis=0, keepdims=True) / total
