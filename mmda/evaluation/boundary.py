"""How well outlines agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

Mask = NDArray[np.bool_]
SQUARE = (1.0, 1.0)


def boundary_band(
    mask: Mask, width: float, unknown: Mask | None = None, sides: tuple[float, float] = SQUARE
) -> Mask:
    """Return the pixels of a mask that lie within ``width`` of what is known to be outside of it.

    What lies beyond the image, and where ``unknown`` is True, is no outline: nobody knows whether
    the mask goes on there. The published code takes the image's edge for an outline, and measures
    along rows, columns and diagonals alike; here distances are Euclidean. A pixel at the outline
    always belongs to the band.

    Args:
        mask: (H, W).
        width: Width of the band, in the unit of ``sides``.
        unknown: Pixels that do not count, (H, W).
        sides: Height and width of a pixel.
    """
    outside = ~mask if unknown is None else ~mask & ~unknown
    if not outside.any():
        return np.zeros_like(mask)
    distance = distance_transform_edt(~outside, sampling=sides)
    band = mask & (distance <= max(width, *sides))
    return band if unknown is None else band & ~unknown


def boundary_counts(
    prediction: Mask,
    label: Mask,
    width: float,
    unknown: Mask,
    sides: tuple[float, float] = SQUARE,
) -> tuple[int, int]:
    """Return intersection and union of the bands along the outlines of two masks, in pixels.

    Their ratio is the boundary IoU (Cheng et al., CVPR 2021); over several images, both are summed.

    Args:
        prediction: (H, W).
        label: (H, W).
        width: Width of the bands, in the unit of ``sides``.
        unknown: Pixels that do not count, (H, W).
        sides: Height and width of a pixel.
    """
    one, other = (boundary_band(mask, width, unknown, sides) for mask in (prediction, label))
    return int((one & other).sum()), int((one | other).sum())
