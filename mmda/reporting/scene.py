"""The part of a target scene that is shown, put together from its tiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmda.raster.decoding import IGNORE
from mmda.report.gallery import shrunk_mask
from mmda.report.pictures import Picture, shrink, to_rgb
from mmda.reporting.predictions import TestTiles

SIDE = 1024  # pixels of the longer side at most, of the scene and of its picture


def shown_tiles(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the indices of the tiles of a scene's middle; of the scene with the most of them.

    Args:
        rows: The manifest's rows of labelled tiles.
    """
    (scene, _), *_ = Counter(row["scene"] for row in rows).most_common(1)
    own = [index for index, row in enumerate(rows) if row["scene"] == scene]
    inside = []
    starts = {}
    for axis, size in (("row", "height"), ("col", "width")):
        low = min(rows[i][axis] for i in own)
        high = max(rows[i][axis] + rows[i][size] for i in own)
        ideal = max(low, (low + high - SIDE) // 2)
        starts[axis] = max(rows[i][axis] for i in own if rows[i][axis] <= ideal)
    for i in own:
        row = rows[i]
        down, across = row["row"] - starts["row"], row["col"] - starts["col"]
        first = down == across == 0
        fits = 0 <= down <= SIDE - row["height"] and 0 <= across <= SIDE - row["width"]
        if first or fits:
            inside.append(i)
    return inside or own[:1]


@dataclass(frozen=True)
class ShownScene:
    """A part of a scene.

    Attributes:
        name: Name of the scene.
        image: (H, W, 3) uint8, black where no tile lies.
        truth: True class ids (H, W), 255 = ignore.
        maps: Predicted class ids (H, W) by run, 255 where no tile lies.
    """

    name: str
    image: Picture
    truth: Picture
    maps: Mapping[str, Picture]


def put_together(
    tiles: TestTiles,
    labels: Mapping[int, Picture],
    masks: Mapping[str, Mapping[int, Picture]],
) -> ShownScene:
    """Return the shown part of a scene at reduced size.

    Args:
        tiles: The tiles of the report.
        labels: Truth by index of the tile.
        masks: Predictions by run and index.
    """
    rows = [tiles.rows[i] for i in tiles.shown]
    top, left = min(row["row"] for row in rows), min(row["col"] for row in rows)
    height = max(row["row"] + row["height"] for row in rows) - top
    width = max(row["col"] + row["width"] for row in rows) - left

    def canvas(parts: Mapping[int, np.ndarray], fill: int) -> np.ndarray:
        first = next(iter(parts.values()))
        whole = np.full((height, width, *first.shape[2:]), fill, first.dtype)
        for i, row in zip(tiles.shown, rows, strict=True):
            part = parts[i][: row["height"], : row["width"]]
            down, across = row["row"] - top, row["col"] - left
            whole[down : down + part.shape[0], across : across + part.shape[1]] = part
        return whole

    pixels = {i: tiles.dataset.tiles.read_image(tiles.rows[i]) for i in tiles.shown}
    valid = {i: _valid(image, known) for i, (image, known) in pixels.items()}
    bands = canvas({i: image for i, (image, _) in pixels.items()}, 0)
    picture = to_rgb(np.moveaxis(bands, -1, 0), canvas(valid, 0).astype(bool))
    image = shrink(picture, SIDE)
    size = (image.shape[0], image.shape[1])
    return ShownScene(
        rows[0]["scene"],
        image,
        shrunk_mask(canvas(labels, IGNORE), size),
        {run: shrunk_mask(canvas(parts, IGNORE), size) for run, parts in masks.items()},
    )


def _valid(image: np.ndarray, known: np.ndarray | None) -> np.ndarray:
    return np.ones(image.shape[:2], bool) if known is None else known
