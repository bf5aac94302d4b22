"""A contact sheet of a tiled dataset, to check it by eye."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rasterio

from mmda.errors import ConfigError
from mmda.raster.dataset.manifest import read_dataset_info, read_manifest
from mmda.raster.io.handles import quiet_georeference
from mmda.raster.scene import SPLITS
from mmda.report.pictures import add_legend, background_ids, overlay, shrink, to_rgb
from mmda.utils.extras import require
from mmda.utils.files import atomic_path

PREVIEW = "preview.png"
_COLUMNS = 4  # number of tiles side by side
_SIDE = 320  # pixels of a picture


def write_preview(root: str | Path, per_split: int = 8, seed: int = 0) -> Path:
    """Draw tiles of every split, image and label overlay side by side, into ``preview.png``.

    Args:
        root: Folder of the tiled dataset.
        per_split: Number of tiles per split; all tiles if a split has fewer.
        seed: Seed of the random choice.

    Returns:
        The path of the picture.

    Raises:
        ConfigError: If matplotlib is not installed, or the dataset is a manifest without tiles.
        DataError: If the dataset is not complete.
    """
    folder = Path(root)
    info, rows = read_dataset_info(folder), read_manifest(folder)
    if rows[0]["image"] is None:
        raise ConfigError(f"`{folder}` has a manifest without tiles: there is nothing to show.")
    drawn = []
    for split in SPLITS:
        members = [row for row in rows if row["split"] == split]
        chosen = random.Random(f"{seed}:{split}").sample(members, min(per_split, len(members)))
        drawn += sorted(chosen, key=lambda row: row["id"])
    with atomic_path(folder / PREVIEW) as temporary, quiet_georeference():
        _sheet(folder, drawn, info).savefig(temporary, dpi=100)
    return folder / PREVIEW


def _sheet(folder: Path, rows: Sequence[dict[str, Any]], info: dict[str, Any]) -> Any:
    """Return a matplotlib figure; a split begins on a new line."""
    lines: list[list[dict[str, Any]]] = []
    for split in SPLITS:
        members = [row for row in rows if row["split"] == split]
        lines += [members[i : i + _COLUMNS] for i in range(0, len(members), _COLUMNS)]
    width = 2 if info["labelled"] else 1
    columns = min(_COLUMNS, max(map(len, lines)))
    size = (2.2 * columns * width, 2.35 * len(lines) + 0.5)
    figure = require("matplotlib.figure").Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(lines), columns * width, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for line, places in zip(lines, grid, strict=True):
        for index, row in enumerate(line):
            for offset, picture in enumerate(_pictures(folder, row, info)):
                places[index * width + offset].imshow(picture)
            places[index * width].set_title(f"{row['split']}: {row['id']}", fontsize=6, loc="left")
    if info["labelled"]:
        add_legend(figure, info["palette"], info["classes"])
    return figure


def _pictures(folder: Path, row: dict[str, Any], info: dict[str, Any]) -> list[np.ndarray]:
    """Return the image and, if it has a label, the same with the label painted over it."""
    with rasterio.open(folder / row["image"]) as dataset:
        bands, valid = dataset.read(), dataset.dataset_mask() > 0
    image = to_rgb(bands, valid)
    if row["label"] is None:
        return [shrink(image, _SIDE)]
    label = cv2.imread(str(folder / row["label"]), cv2.IMREAD_UNCHANGED)
    hidden = background_ids(info["classes"])
    painted = overlay(image, np.asarray(label, np.uint8), info["palette"], transparent=hidden)
    return [shrink(image, _SIDE), shrink(painted, _SIDE)]
