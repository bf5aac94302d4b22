"""Corners of the outlines in a mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmda.raster.mapping.polygons.runs import Ints


@dataclass(frozen=True)
class Corners:
    """Corners of outlines, which lie where four pixels meet.

    Where an outline passes a corner of its neighbours straight on, it has a corner as well, two of
    them at one place, so that neighbours have the same points along their border. A part that
    touches itself at a corner has two there, too. Which of the two belongs to which edge tells the
    last bit of the coordinates: the first along a row ends the edge from the left, the first along
    a column that from above.

    Attributes:
        row: Row of a pixel of the part whose corner it is, within the block.
        column: Column of that pixel.
        x: Twice the column of the corner, plus 0 or 1.
        y: Twice the row of the corner within the block, plus 0 or 1.
    """

    row: Ints
    column: Ints
    x: Ints
    y: Ints


def find_corners(
    values: NDArray[np.uint8], across: NDArray[np.bool_], down: NDArray[np.bool_]
) -> Corners:
    """Return the corners between the rows of a block.

    Args:
        values: (H, W), class of each pixel; 0 belongs to no part.
        across: (H, W + 1), whether the pixels left and right of each vertical edge differ.
        down: (H - 1, W + 2), the same of the pixels above and below, beginning one column left.
    """
    places = np.flatnonzero((across[:-1] | across[1:]) & (down[:, :-1] | down[:, 1:]))
    y, x = np.divmod(places, values.shape[1] + 1)
    y += 1  # the corner lies above row y and left of column x
    padded = np.pad(values, ((0, 0), (1, 1)))
    a, b, c, d = padded[y - 1, x], padded[y - 1, x + 1], padded[y, x], padded[y, x + 1]
    top, bottom, left, right = a == b, c == d, a == c, b == d
    equal = top.astype(np.int8) + bottom + left + right
    found: list[tuple[Ints, ...]] = []

    def add(which: NDArray[np.bool_], dy: NDArray | int, dx: NDArray | int, *bits: int) -> None:
        rows, columns = y[which], x[which]
        found.append((rows + dy, columns + dx, 2 * columns + bits[0], 2 * rows + bits[1]))

    # One pixel of its part alone. Parts that touch themselves are linked around the other pixels,
    # which makes two rings that touch, and not one ring that does.
    add((a != 0) & ~top & ~left, -1, -1, 0, 1)
    add((d != 0) & ~bottom & ~right, 0, 0, 1, 0)
    add((c != 0) & ~bottom & ~left, 0, -1, 0, 0)
    add((b != 0) & ~top & ~right, -1, 0, 1, 1)
    upper_left = top | left
    owner = np.where(upper_left, a, d)
    step = np.where(upper_left, -1, 0)  # from the corner to its owner, a or d
    for which, bit in ((equal >= 1, 0), (equal == 1, 1)):  # three pixels; two pixels, twice
        which &= owner != 0
        add(which, step[which], step[which], bit, bit)
    return Corners(*(np.concatenate(column) for column in zip(*found, strict=True)))
