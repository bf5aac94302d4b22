"""What blending needs of NumPy arrays and of PyTorch tensors alike, without importing PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmda.raster.decoding import IGNORE
from mmda.raster.mapping.rows import to_classes

Array = Any
"""A NumPy array, or a PyTorch tensor of any device."""


class Kind:
    """Makes arrays of the kind of a sample: NumPy's, or PyTorch's on the sample's device.

    Args:
        sample: Float32 numbers; they are not kept.

    Attributes:
        rows: How many rows of a tile to work on at a time, so that the edges of all classes stay
            in a processor's cache; ``None`` for all, as is best on a GPU.
    """

    def __init__(self, sample: Array) -> None:
        self._tensor = None if isinstance(sample, np.ndarray) else sample.new_empty(0)
        self.rows = 128 if self._tensor is None else None

    def zeros(self, shape: tuple[int, ...]) -> Array:
        """Return zeros, float32."""
        return (
            np.zeros(shape, np.float32) if self._tensor is None else self._tensor.new_zeros(shape)
        )

    def class_ids(self, shape: tuple[int, ...]) -> Array:
        """Return class ids that are all 255, uint8."""
        if self._tensor is None:
            return np.full(shape, IGNORE, np.uint8)
        return self._tensor.byte().new_full(shape, IGNORE)

    def array(self, values: NDArray[np.float32]) -> Array:
        """Return the values of a NumPy array."""
        return values if self._tensor is None else self._tensor.new_tensor(values)

    def classes(self, rows: Array) -> Array:
        """Return the class of the largest probability, the first one on a tie.

        Args:
            rows: Probabilities ``(C, n, width)``, 0 where there is no prediction.

        Returns:
            ``(n, width)``, uint8, 255 where there is no prediction.
        """
        if self._tensor is None:
            return to_classes(rows, None)
        best, classes = rows.max(0)
        return classes.byte().masked_fill_(best == 0, IGNORE)

    @staticmethod
    def to_host(values: Array) -> NDArray[Any]:
        """Return the values as a NumPy array."""
        return values if isinstance(values, np.ndarray) else values.cpu().numpy()


def on_host(values: Array) -> Array:
    """Return numbers, those of a tensor on the CPU as a NumPy array."""
    if isinstance(values, np.ndarray) or values.device.type != "cpu":
        return values
    return values.numpy()
