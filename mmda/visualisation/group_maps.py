"""Group maps, which show where an image belongs to each group (CDGA, Fig. 3 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments import DomainBatch, GroupAlignment, evaluating
from mmda.models.segmentors import UDASegmentor
from mmda.report.pictures import Picture
from mmda.visualisation.domains import ShownImage, run_pair
from mmda.visualisation.drawing import class_legend, group_colours, paint, picture_grid


def group_alignments(model: UDASegmentor) -> dict[str, GroupAlignment]:
    """Return the model's group alignments by name.

    Raises:
        ConfigError: When there are none.
    """
    found = {n: a for n, a in model.alignments.items() if isinstance(a, GroupAlignment)}
    if not found:
        raise ConfigError(
            f"The model's alignments are {sorted(model.alignments) or 'none'}, and none of them is "
            "a GroupAlignment, so there are no groups to show. Use the config of a CDGA model, "
            "such as configs/toy/cdga.py."
        )
    return found


def group_maps(
    model: UDASegmentor, alignment: GroupAlignment, pair: tuple[ShownImage, ShownImage]
) -> dict[str, np.ndarray]:
    """Return H, the assignment to groups (K, H, W), of an image of each domain.

    Unlike in training, pixels without data have an assignment, too.
    """
    batches = run_pair(model, *pair)
    with torch.no_grad(), evaluating(model):
        return {
            domain: on_image(_groups(alignment, batch), batch, shown)
            for (domain, batch), shown in zip(batches.items(), pair, strict=True)
        }


def _groups(alignment: GroupAlignment, batch: DomainBatch) -> Tensor:
    maps = batch.probabilities(alignment.head, alignment.input_scale)
    return alignment.grouping(maps, batch.feats[-1])


def on_image(maps: Tensor, batch: DomainBatch, shown: ShownImage) -> np.ndarray:
    """Resize maps (1, K, h, w) to the network's input and cut them to the image: (K, H, W)."""
    maps = F.interpolate(maps.float(), batch.size, mode="bilinear", align_corners=False)
    height, width = shown.size
    return maps[0, :, :height, :width].cpu().numpy()


def soft_groups(maps: np.ndarray) -> dict[str, Picture]:
    """Return a picture per group, in the group's colour, whose brightness is H^k.

    Args:
        maps: H, (K, H, W) in [0, 1].
    """
    colours = group_colours(len(maps))
    return {
        f"k = {k}": np.rint(255 * group[..., None] * colour).astype(np.uint8)
        for k, (group, colour) in enumerate(zip(maps, colours, strict=True), 1)
    }


def hard_groups(maps: np.ndarray) -> Picture:
    """Return a picture in which each pixel has the colour of its strongest group.

    Args:
        maps: H, (K, H, W).
    """
    palette = np.rint(255 * group_colours(len(maps))).astype(int)
    return paint(maps.argmax(0), palette.tolist())


def group_figure(
    pair: tuple[ShownImage, ShownImage],
    columns: Mapping[str, Mapping[str, Picture]],
    meta: dict[str, Any],
) -> Any:
    """Return a figure with a row per domain: the image, its truth and further columns.

    Args:
        pair: The source's and the target's image.
        columns: Domain -> column title -> picture.
        meta: ``classes`` and ``palette`` of the truth.
    """
    rows: dict[str, dict[str, Picture | None]] = {}
    labelled = [shown.truth for shown in pair if shown.truth is not None]
    for (domain, pictures), shown in zip(columns.items(), pair, strict=True):
        rows[domain] = {"image": shown.picture}
        if labelled:
            truth = shown.truth
            rows[domain]["truth"] = None if truth is None else paint(truth, meta["palette"])
        rows[domain].update(pictures)
    present = {index for truth in labelled for index in np.unique(truth)}
    return picture_grid(rows, class_legend(meta, present))


def soft_figure(
    model: UDASegmentor,
    alignment: GroupAlignment,
    pair: tuple[ShownImage, ShownImage],
    meta: dict[str, Any],
) -> Any:
    """Return a figure with an image of each domain and a picture of each group (Fig. 3)."""
    maps = group_maps(model, alignment, pair)
    return group_figure(pair, {domain: soft_groups(h) for domain, h in maps.items()}, meta)
