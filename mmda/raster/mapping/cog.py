"""Cloud-optimised GeoTIFFs from rows that arrive from the top down.

The rows and their overviews are written side by side as they come, as plain GeoTIFFs, whose tiles
are copied into one file at the end. No overview is computed from a file that is read again, and no
tile is compressed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmda.raster.mapping.shrink import Shrink
from mmda.raster.mapping.tiff import join_levels
from mmda.raster.mapping.write import Frame, RowWriter, explained
from mmda.utils.files import atomic_path, scratch_path

SMALLEST = 512  # pixels of the longer side; a raster of this size needs no overview


class Pyramid:
    """Passes rows on to the writer of a raster, and halved ones to those of its overviews.

    Args:
        writers: Those of the raster and of its overviews, each half as large as the one before.
        shrink: Halves the rows of a band.

    Attributes:
        dataset: The raster's open dataset, for tags, colours and the names of bands.
    """

    def __init__(self, writers: Sequence[RowWriter], shrink: Shrink) -> None:
        self._writers, self._shrink = writers, shrink
        self._odd = [
            np.empty((w.dataset.count, 0, w.dataset.width), np.uint8) for w in writers[:-1]
        ]
        self.dataset = writers[0].dataset

    def write(self, rows: NDArray[np.uint8]) -> None:
        """Append rows, ``(count, n, width)``."""
        self._append(0, rows)

    def _append(self, level: int, rows: NDArray[np.uint8]) -> None:
        """Append rows to a level, and pairs of them, halved, to the next one."""
        self._writers[level].write(rows)
        if level + 1 == len(self._writers):
            return
        rows = np.concatenate([self._odd[level], rows], axis=1)
        whole = rows.shape[1] // 2 * 2
        self._odd[level] = rows[:, whole:].copy()
        if whole:
            self._append(level + 1, self._halved(rows[:, :whole]))

    def finish(self) -> None:
        """Append what an odd last row leaves to the overviews."""
        for level, odd in enumerate(self._odd):
            if odd.shape[1]:
                self._append(level + 1, self._halved(odd))

    def _halved(self, rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.stack([self._shrink(band) for band in rows])


@contextmanager
def cog_writer(
    path: Path, frame: Frame, count: int, shrink: Shrink, **options: Any
) -> Iterator[Pyramid]:
    """Write a cloud-optimised uint8 GeoTIFF, 255 = no data, from rows from the top down.

    The file appears at the end of the block, whole or not at all. Until then there are hidden
    files beside it, as of :func:`~mmda.utils.files.atomic_path`.

    Args:
        path: The file to write.
        frame: Size and place.
        count: Number of bands.
        shrink: Halves the rows of a band for the overviews.
        options: More creation options of the raster itself.

    Yields:
        What takes the rows.
    """
    with atomic_path(path) as finished, ExitStack() as scratch:
        frames = _frames(frame)
        files = [scratch.enter_context(scratch_path(path)) for _ in frames]
        with ExitStack() as opened:
            writers = [
                opened.enter_context(RowWriter(file, level, count, **(options if i == 0 else {})))
                for i, (file, level) in enumerate(zip(files, frames, strict=True))
            ]
            pyramid = Pyramid(writers, shrink)
            yield pyramid
            pyramid.finish()
        with explained(path):
            join_levels(files, finished)


def _frames(frame: Frame) -> list[Frame]:
    """Return the frame of a raster and those of its overviews."""
    frames = [frame]
    while max(frames[-1].height, frames[-1].width) > SMALLEST:
        last = frames[-1]
        frames.append(Frame((last.height + 1) // 2, (last.width + 1) // 2, {}))
    return frames
