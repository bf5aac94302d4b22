"""Instances of the target and the source instances that are nearest to them (AIM, Eq. 9-11)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch

from mmda.models.alignments import AIM, DomainBatch, evaluating
from mmda.models.losses import region_means
from mmda.models.segmentors import UDASegmentor
from mmda.report.pictures import Picture
from mmda.visualisation.domains import run_pair
from mmda.visualisation.drawing import group_colours
from mmda.visualisation.tsne import Pair

SHOWN = 10  # matches at most
Cells = np.ndarray
"""Where an instance lies, (H, W) bool."""


def matched_instances(model: UDASegmentor, alignment: AIM, pair: Pair) -> list[tuple[Cells, Cells]]:
    """Return the target's instances with the source's nearest ones, source first.

    Instances are those of the alignment: connected regions of a class on the grid of its feature
    map, in the source of right predictions. A target instance is matched with the source instance
    of its class whose mean feature has the least mean absolute difference. In training the
    candidates are the stored features of many source images, here they are those of one image.

    Args:
        model: A model.
        alignment: Its alignment.
        pair: An image of the source and one of the target.
    """
    batches = run_pair(model, *pair)
    with torch.no_grad(), evaluating(model):
        source, target = (_instances(alignment, b, d) for d, b in batches.items())
    matches = []
    per_class = alignment.regions.max_instances
    for slot, feature in target[1].items():
        if slot >= alignment.regions.thing_slots:
            continue
        rivals = [s for s in source[1] if s // per_class == slot // per_class]
        if rivals:
            near = min(rivals, key=lambda s: float((source[1][s] - feature).abs().mean()))
            matches.append((source[0] == near, target[0] == slot))
    matches.sort(key=lambda match: -int(match[1].sum()))
    return [
        (_on_image(own, pair[0].size, source[2]), _on_image(other, pair[1].size, target[2]))
        for own, other in matches[:SHOWN]
    ]


def _instances(
    alignment: AIM, batch: DomainBatch, domain: str
) -> tuple[np.ndarray, dict[int, torch.Tensor], tuple[int, int]]:
    """Return the slot of every cell (h, w), the mean feature by slot, and the input's size."""
    slots, features = alignment.instances_of(batch, labelled=domain == "source")
    means, counts = region_means(features, slots, alignment.regions.slots)
    there = torch.nonzero(counts[0] > 0)[:, 0].tolist()
    return (
        slots[0].cpu().numpy(),
        {slot: means[0, slot] for slot in there},
        (batch.size[0], batch.size[1]),
    )


def _on_image(cells: Cells, size: tuple[int, int], padded: tuple[int, int]) -> Cells:
    """Return cells of the feature map as pixels of the image, without its padding."""
    whole = cv2.resize(cells.astype(np.uint8), padded[::-1], interpolation=cv2.INTER_NEAREST)
    return whole[: size[0], : size[1]].astype(bool)


def match_picture(picture: Picture, instances: Sequence[Cells]) -> Picture:
    """Return an image with numbered outlines; instance i has the colour i of all pictures.

    Args:
        picture: (H, W, 3) uint8.
        instances: Where the instances lie, each (H, W) bool.
    """
    drawn = np.ascontiguousarray(picture.copy())
    colours = np.rint(255 * group_colours(max(1, len(instances)))).astype(int).tolist()
    for number, (cells, colour) in enumerate(zip(instances, colours, strict=False), 1):
        outlines, _ = cv2.findContours(
            cells.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        cv2.drawContours(drawn, outlines, -1, colour, 2)
        rows, columns = np.nonzero(cells)
        if len(rows):
            at = (int(columns.mean()) - 5, int(rows.mean()) + 5)
            for tint, width in (((0, 0, 0), 4), ((255, 255, 255), 1)):
                cv2.putText(drawn, str(number), at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, tint, width)
    return drawn
