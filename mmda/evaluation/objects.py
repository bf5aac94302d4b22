"""How many objects, such as buildings, are found."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mmda.evaluation.relaxed import MatchCounts

Mask = NDArray[np.bool_]
IOU = 0.5


def object_counts(
    prediction: Mask, label: Mask, unknown: Mask, least: float = IOU, min_area: int = 1
) -> MatchCounts:
    """Count predicted and true objects, and those that match one of the other.

    Objects are connected parts of a mask (with the eight neighbours of a pixel). Pairs match from
    the highest IoU down to ``least``, each object once. Pixels that do not count belong to no
    object; so an object that is cut by them is compared by its visible part.

    Args:
        prediction: (H, W).
        label: (H, W).
        unknown: Pixels that do not count, (H, W).
        least: Least IoU of a match, above 0 and up to 1.
        min_area: Smallest area of an object in pixels; smaller ones are left out of both.
    """
    found = [_objects(mask & ~unknown, min_area) for mask in (prediction, label)]
    ids, areas = [ids for ids, _ in found], [area for _, area in found]
    pairs, overlap = np.unique(
        np.stack([part[(ids[0] > 0) & (ids[1] > 0)] for part in ids]), axis=1, return_counts=True
    )
    total = areas[0][pairs[0]] + areas[1][pairs[1]] - overlap
    iou = overlap / total
    matched: tuple[set[int], set[int]] = (set(), set())
    for index in np.argsort(-iou, kind="stable"):
        one, other = (int(part) for part in pairs[:, index])
        if iou[index] >= least and one not in matched[0] and other not in matched[1]:
            matched[0].add(one)
            matched[1].add(other)
    hits = len(matched[0])
    predicted, labelled = (int((area[1:] > 0).sum()) for area in areas)
    return MatchCounts(hits, predicted, hits, labelled)


def _objects(mask: Mask, min_area: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the id of each pixel's object, 0 for none, and the area of each id."""
    count, ids = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    areas = np.bincount(ids.ravel(), minlength=count)
    small = areas < min_area
    areas[small] = 0
    return np.where(small[ids], 0, ids).astype(np.int32), areas
