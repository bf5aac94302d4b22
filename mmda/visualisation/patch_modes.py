"""A picture of the modes of label patches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmda.models.patches import NO_MODE, PatchModes
from mmda.report.pictures import Palette, Picture, to_rgb
from mmda.utils.seeding import seeded
from mmda.visualisation.drawing import paint, picture_grid, save_figure

Examples = dict[int, list[Picture]]


def draw_patch_modes(
    source: Any, modes: PatchModes, path: str | Path, examples: int = 6, images: int = 100
) -> None:
    """Draw example patches of each mode: image and label side by side, a row per mode.

    Args:
        source: Source dataset, whose images are drawn as they are trained on.
        modes: The modes.
        path: The picture to write.
        examples: Patches per mode.
        images: Source images that are searched for them, in the dataset's order.
    """
    classes, palette = source.metainfo["classes"], source.metainfo["palette"]
    found = _examples(source, modes, palette, examples, min(images, len(source)))
    rows = {
        f"mode {mode}": {str(i): (found[mode] + [None] * examples)[i] for i in range(examples)}
        for mode in sorted(found)
    }
    legend = dict(zip(classes, palette, strict=True))
    save_figure(picture_grid(rows, legend), Path(path))


def _examples(
    source: Any, modes: PatchModes, palette: Palette, examples: int, images: int
) -> Examples:
    found: Examples = {}
    for index in range(images):
        with seeded(0, index):
            sample = source[index]
        label = sample["data_samples"].gt_sem_seg.data
        image = to_rgb(sample["inputs"].numpy())
        drawn = np.stack([image, paint(label[0].numpy().astype(np.uint8), palette)])
        nearest = modes(label)[0]
        for mode in nearest.unique().tolist():
            own = found.setdefault(mode, [])
            if len(own) < examples:
                places = (nearest == mode).nonzero().tolist()
                own.append(cut_patch(drawn, places[len(places) // 2], modes.grid))
    found.pop(NO_MODE, None)
    return found


def cut_patch(drawn: np.ndarray, place: Sequence[int], grid: tuple[int, int]) -> Picture:
    """Return the patch of a place in a grid of image and label (2, H, W, 3), side by side."""
    row, column = (
        slice(index * length // count, -(-(index + 1) * length // count))
        for index, count, length in zip(place, grid, drawn.shape[1:3], strict=True)
    )
    return np.concatenate(list(drawn[:, row, column]), axis=1)
