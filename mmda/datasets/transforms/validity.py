"""Which pixels of a sample count in statistics, losses and discriminators.

``valid_map`` is a label-like map: 1 where the image has data, 0 where it has none, and 255 where a
geometric transform has padded it. It goes through all geometric transforms with the label.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mmda.raster.decoding import IGNORE


def pixels_with_data(results: dict[str, Any]) -> np.ndarray | None:
    """Return which pixels have data, whatever their label is.

    Args:
        results: A sample in a pipeline, after ``LoadTile``.

    Returns:
        (H, W) bool; None where all have.
    """
    filled = results["valid_map"] == 1 if "valid_map" in results else np.ones(1, bool)
    return None if filled.all() else filled


def counted_pixels(results: dict[str, Any]) -> np.ndarray | None:
    """Return which pixels count: those with data whose label is not ignored.

    Args:
        results: A sample in a pipeline, after ``LoadTile``.

    Returns:
        (H, W) bool; None where all pixels count.
    """
    filled = pixels_with_data(results)
    labelled = results["gt_seg_map"] != IGNORE if "gt_seg_map" in results else np.ones(1, bool)
    if labelled.all():
        return filled
    return labelled if filled is None else labelled & filled
