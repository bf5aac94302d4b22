"""Which pixels of a sample count in statistics, losses and discriminators.

``valid_map`` is a label-like map: 1 where the image has data, 0 where it has none, and 255 where a
geometric transform has padded it. It goes through all geometric transforms with the label.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mmda.raster.decoding import IGNORE


def counted_pixels(results: dict[str, Any]) -> np.ndarray | None:
    """Return which pixels count: those with data whose label is not ignored.

    Args:
        results: A sample in a pipeline, after ``LoadTile``.

    Returns:
        (H, W) bool; None where all pixels count.
    """
    masks = []
    if "valid_map" in results:
        masks.append(results["valid_map"] == 1)
    if "gt_seg_map" in results:
        masks.append(results["gt_seg_map"] != IGNORE)
    if all(mask.all() for mask in masks):
        return None
    return np.logical_and.reduce(masks)
