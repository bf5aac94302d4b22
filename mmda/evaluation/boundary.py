"""How well outlines agree."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
SHARE = 0.02
"""Published width of the band along outlines, as a share of the image's diagonal."""


def boundary_band(mask: Mask, width: int, unknown: Mask | None = None) -> Mask:
    """Return the pixels of a mask that lie within ``width`` pixels of its outline.

    What lies beyond the image, and where ``unknown`` is True, is no outline: nobody knows whether
    the mask goes on there. The published code takes the image's edge for an outline.

    Args:
        mask: (H, W).
        width: Width of the band in pixels, 1 or more.
        unknown: Pixels that do not count, (H, W).
    """
    whole = mask if unknown is None else mask | unknown
    inner = cv2.erode(whole.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=width)
    band = mask & (inner == 0)
    return band if unknown is None else band & ~unknown


def boundary_counts(prediction: Mask, label: Mask, width: int, unknown: Mask) -> tuple[int, int]:
    """Return intersection and union of the bands along the outlines of two masks, in pixels.

    Their ratio is the boundary IoU (Cheng et al., CVPR 2021); over several images, both are summed.

    Args:
        prediction: (H, W).
        label: (H, W).
        width: Width of the bands in pixels.
        unknown: Pixels that do not count, (H, W).
    """
    one, other = (boundary_band(mask, width, unknown) for mask in (prediction, label))
    return int((one & other).sum()), int((one | other).sum())


def published_width(shape: tuple[int, int]) -> int:
    """Return the published width of the band, 2 % of the diagonal, in pixels."""
    return max(1, round(SHARE * float(np.hypot(*shape))))
