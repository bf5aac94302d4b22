"""Pictures of images and masks."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmda.errors import DataError
from mmda.utils.extras import require
from mmda.utils.names import plot_label

IGNORE = 255
Palette = Sequence[Sequence[int]]
Picture = NDArray[np.uint8]


def to_rgb(bands: NDArray[np.generic], valid: NDArray[np.bool_] | None = None) -> Picture:
    """Return the first three bands (or the only one, in grey) as ``(H, W, 3)`` uint8.

    uint8 is not changed; values of other types are stretched between the 2nd and the 98th
    percentile.

    Args:
        bands: ``(B, H, W)``.
        valid: ``(H, W)``, False for pixels that the stretch ignores.
    """
    shown = bands[[0, 1, 2] if len(bands) >= 3 else [0, 0, 0]]
    if shown.dtype == np.uint8:
        return np.ascontiguousarray(shown.transpose(1, 2, 0))
    values = shown.astype(np.float64)
    inside = np.isfinite(values).all(0) & (True if valid is None else valid)
    stretched = np.zeros(values.shape, dtype=np.uint8)
    for band, out in zip(values, stretched, strict=True):
        low, high = np.percentile(band[inside], (2, 98)) if inside.any() else (0.0, 1.0)
        scaled = (band - low) / max(high - low, 1e-12)
        out[inside] = np.rint(255 * scaled.clip(0, 1))[inside]
    return np.ascontiguousarray(stretched.transpose(1, 2, 0))


def overlay(
    image: Picture,
    mask: Picture,
    palette: Palette,
    *,
    alpha: float = 0.55,
    transparent: Sequence[int] = (),
) -> Picture:
    """Paint a mask over a greyed image, with an outline around every area.

    Args:
        image: ``(H, W, 3)`` uint8.
        mask: ``(H, W)`` class ids; 255 and ids beyond the palette are not painted.
        palette: RGB 0..255 per class.
        alpha: Opacity of the paint, 0..1.
        transparent: Class ids that are not painted, such as a background.

    Returns:
        ``(H, W, 3)`` uint8.

    Raises:
        DataError: If the sizes differ.
    """
    if image.shape[:2] != mask.shape:
        raise DataError(
            f"The image has {image.shape[:2]} pixels, but its mask has {mask.shape}; they must be "
            "equal."
        )
    grey = image.mean(axis=2, keepdims=True)
    base = 0.35 * image + 0.65 * (64 + 0.75 * grey)
    table = np.zeros((256, 3))
    opacity = np.zeros(256)
    for index, colour in enumerate(palette):
        table[index], opacity[index] = colour, 0.0 if index in transparent else alpha
    amount = opacity[mask]
    edge = np.zeros(mask.shape, dtype=bool)
    edge[:, 1:] |= mask[:, 1:] != mask[:, :-1]
    edge[1:] |= mask[1:] != mask[:-1]
    amount[edge & (amount > 0)] = 1
    painted = (1 - amount[..., None]) * base + amount[..., None] * table[mask]
    return np.rint(painted).clip(0, 255).astype(np.uint8)


def background_ids(classes: Sequence[str]) -> list[int]:
    """Return the ids of the classes named background, which pictures do not paint."""
    return [index for index, name in enumerate(classes) if name.lower() == "background"]


def tile_miou(truth: Picture, prediction: Picture) -> float | None:
    """Return the mean IoU in percent over the classes present, without ignored pixels."""
    counted = (truth != IGNORE) & (prediction != IGNORE)
    a, b = truth[counted], prediction[counted]
    present = np.union1d(a, b)
    scores = [((a == c) & (b == c)).sum() / ((a == c) | (b == c)).sum() for c in present]
    return 100 * float(np.mean(scores)) if scores else None


def shrink(picture: Picture, max_side: int) -> Picture:
    """Return the picture with its longer side at most ``max_side`` pixels, averaged."""
    scale = max_side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def data_uri(png: bytes) -> str:
    """Return a PNG file's bytes as a ``data:`` URI, for an HTML page in a single file."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def add_legend(fig: Any, palette: Palette, classes: Sequence[str]) -> None:
    """Add the colours of the painted classes below a matplotlib figure."""
    patch = require("matplotlib.patches").Patch
    hidden = background_ids(classes)
    chips = [
        patch(color=np.array(colour) / 255, label=plot_label(name))
        for index, (name, colour) in enumerate(zip(classes, palette, strict=True))
        if index not in hidden
    ]
    fig.legend(handles=chips, loc="outside lower center", ncols=len(chips), frameon=False)
