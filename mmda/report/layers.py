"""Masks and errors as transparent layers over an image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmda.report.pictures import IGNORE, Palette, Picture

ERRORS = {"missed": (213, 94, 0), "false alarm": (0, 114, 178), "wrong class": (204, 121, 167)}
"""Colours of errors, RGB 0..255, which people who see few colours can tell apart."""


def mask_layer(
    mask: Picture, palette: Palette, transparent: Sequence[int] = (), alpha: float = 0.55
) -> Picture:
    """Return a mask as colours with an opaque outline around every area, (H, W, 4) uint8.

    Args:
        mask: ``(H, W)`` class ids; 255 and ids beyond the palette are transparent.
        palette: RGB 0..255 per class.
        transparent: Class ids that are not painted, such as a background.
        alpha: Opacity of the paint, 0..1.
    """
    table = np.zeros((256, 4), np.uint8)
    for index, colour in enumerate(palette):
        table[index] = (*colour, 0 if index in transparent else round(255 * alpha))
    layer = table[mask]
    edge = np.zeros(mask.shape, bool)
    edge[:, 1:] |= mask[:, 1:] != mask[:, :-1]
    edge[1:] |= mask[1:] != mask[:-1]
    layer[edge & (layer[..., 3] > 0), 3] = 255
    return _clear(layer)


def error_layer(truth: Picture, predicted: Picture, background: Sequence[int]) -> Picture:
    """Return where a map is wrong, in the colours of :data:`ERRORS`, (H, W, 4) uint8.

    Args:
        truth: ``(H, W)`` class ids; 255 does not count.
        predicted: The map's class ids; 255 does not count either.
        background: Ids of the classes that are background.
    """
    wrong = (truth != predicted) & (truth != IGNORE) & (predicted != IGNORE)
    true_ground, ground = np.isin(truth, background), np.isin(predicted, background)
    kinds = {"missed": ground, "false alarm": true_ground, "wrong class": ~ground & ~true_ground}
    layer = np.zeros((*truth.shape, 4), np.uint8)
    for name, where in kinds.items():
        layer[wrong & where] = (*ERRORS[name], 230)
    return layer


def _clear(layer: Picture) -> Picture:
    """Return a layer whose transparent pixels have one colour, which files store in less space."""
    layer[layer[..., 3] == 0] = 0
    return layer
