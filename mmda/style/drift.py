"""Semantic drift: how much a translation changes the predictions of a segmentor.

A translation may change colours, but a house must remain a house, as its label is kept. Where a
segmentor that was trained on the original look predicts another class after the translation, either
the new look is unknown to it (which is the purpose of the translation), or the content has changed.
The tiles with the largest changes should be inspected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from mmda.errors import ConfigError
from mmda.evaluation import confusion_matrix, scores
from mmda.raster.dataset.domain import TiledDomain
from mmda.raster.dataset.tile_files import read_label, records_holes
from mmda.raster.io.fill import fill_invalid
from mmda.report.pictures import background_ids, overlay, to_rgb
from mmda.utils.files import atomic_path

IGNORE = 255
SHOWN = 6  # number of tiles in the picture
Predictor = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Drift:
    """Agreement of a segmentor's predictions before and after a translation, in percent.

    Attributes:
        agreement: Share of the valid pixels that are predicted as the same class.
        iou: Overlap (IoU) of the two predictions of each class; NaN if the class is in neither.
        miou_before: Mean IoU against the labels on the original; NaN without labels.
        miou_after: Mean IoU against the labels on the translation.
        tiles: Agreement per tile, lowest first.
    """

    agreement: float
    iou: dict[str, float]
    miou_before: float
    miou_after: float
    tiles: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return the scores as values for JSON, with None in place of NaN."""
        values = {**vars(self), "iou": {k: _or_none(v) for k, v in self.iou.items()}}
        return {k: _or_none(v) if isinstance(v, float) else v for k, v in values.items()}


def measure_drift(
    before: str | Path,
    after: str | Path,
    predict: Predictor,
    num_classes: int,
    *,
    tiles: int = 200,
    progress: bool = True,
) -> Drift:
    """Compare a segmentor's predictions on a tiled dataset and on its translated copy.

    Args:
        before: Folder of the original.
        after: Folder of the copy.
        predict: Maps pixels (N, B, H, W) to class probabilities (N, C, H, W).
        num_classes: C.
        tiles: Largest number of tiles that are compared. They are spread evenly over the manifest;
            PNG and JPEG tiles that are not whole are left out if there are others.
        progress: Whether to show a progress bar on stderr.

    Raises:
        ConfigError: When the segmentor has other classes than the dataset.
    """
    original, copy = TiledDomain(before), TiledDomain(after)
    if len(original.classes) != num_classes:
        raise ConfigError(
            f"The segmentor has {num_classes} classes, but `{before}` has "
            f"{len(original.classes)}: {', '.join(original.classes)}. Use a segmentor that was "
            "trained for this task."
        )
    rows = original.rows()
    rows = list(filter(records_holes, rows)) or rows
    chosen = np.unique(np.linspace(0, len(rows) - 1, tiles).round().astype(int))
    agreed, first, second = (np.zeros((num_classes,) * 2, np.int64) for _ in range(3))
    by_tile = {}
    for index in tqdm(chosen, unit="tile", desc="comparing", disable=not progress):
        row = rows[index]
        maps, valid = _predictions(original, copy, row, predict)
        matrix = confusion_matrix(maps[1], np.where(valid, maps[0], IGNORE), num_classes)
        agreed += matrix
        by_tile[row["id"]] = 100 * float(np.trace(matrix) / max(matrix.sum(), 1))
        if row["label"] is not None:
            label = read_label(str(original.root / row["label"]))
            first += confusion_matrix(maps[0], label, num_classes)
            second += confusion_matrix(maps[1], label, num_classes)
    found = scores(agreed)
    nan = float("nan")
    return Drift(
        agreement=found.accuracy,
        iou=dict(zip(original.classes, found.iou.tolist(), strict=True)),
        miou_before=scores(first).miou if first.any() else nan,
        miou_after=scores(second).miou if second.any() else nan,
        tiles=dict(sorted(by_tile.items(), key=lambda item: item[1])),
    )


def draw_drift(
    before: str | Path, after: str | Path, predict: Predictor, tiles: Sequence[str], out: Path
) -> None:
    """Draw a row for each tile: image and prediction before, image and prediction after.

    Args:
        before: Folder of the original.
        after: Folder of the copy.
        predict: As in :func:`measure_drift`.
        tiles: Ids of the tiles.
        out: The PNG to write.
    """
    original, copy = TiledDomain(before), TiledDomain(after)
    palette, hidden = original.info["palette"], background_ids(original.classes)
    rows = {row["id"]: row for row in original.rows()}
    lines = []
    for tile in tiles:
        maps, _ = _predictions(original, copy, rows[tile], predict)
        line = []
        for domain, classes in zip((original, copy), maps, strict=True):
            image, valid = domain.read_image(rows[tile])
            picture = to_rgb(np.moveaxis(image, -1, 0), valid)
            line += [picture, overlay(picture, classes, palette, transparent=hidden)]
        lines.append(_fitted(np.concatenate(line, axis=1)))
    with atomic_path(out) as temporary:
        cv2.imwrite(str(temporary), np.concatenate(lines)[..., ::-1])


def _predictions(
    original: TiledDomain, copy: TiledDomain, row: dict[str, Any], predict: Predictor
) -> tuple[np.ndarray, np.ndarray]:
    """Return class ids before and after, (2, H, W) uint8, and a mask of valid pixels, (H, W)."""
    image, valid = original.read_image(row)
    images = [image, copy.read_image(row)[0]]
    if valid is None:
        valid = np.ones(image.shape[:2], bool)
    pixels = np.stack([fill_invalid(one, valid) for one in images]).transpose(0, 3, 1, 2)
    return predict(pixels).argmax(1).astype(np.uint8), valid


def _fitted(picture: np.ndarray, width: int = 1024) -> np.ndarray:
    height = round(picture.shape[0] * width / picture.shape[1])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
