"""What a network sees where there is no data: the nearest pixel that holds some.

A fixed value would be an edge that no scene has, and spoils the prediction of the pixels beside
it. Training, evaluation and mapping all fill here.
"""

from __future__ import annotations

import cv2
import numpy as np


def fill_invalid(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return an image whose invalid pixels hold the values of the nearest valid one.

    Args:
        image: ``(height, width, bands)``.
        valid: ``(height, width)``, bool.

    Returns:
        A new array; the image itself where all or nothing is valid.
    """
    if valid.all() or not valid.any():
        return image
    invalid = (~valid).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(
        invalid, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, cols = np.nonzero(valid)
    place = np.zeros(labels.max() + 1, np.int64)
    place[labels[rows, cols]] = np.arange(len(rows))
    nearest = place[labels[~valid]]
    filled = image.copy()
    filled[~valid] = image[rows[nearest], cols[nearest]]
    return filled
