"""The files of a map, written from the top down."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from mmda.raster.dataset.scene_reader import SceneGrid
from mmda.raster.io.handles import HandlePool
from mmda.raster.mapping.rows import RowResampler, to_classes, to_steps
from mmda.raster.mapping.write import Frame, RowWriter, mask_writer, probability_writer
from mmda.raster.windows import Window
from mmda.utils.files import atomic_path


class MapOutput:
    """Turns blended probabilities into the mask and, if asked, the raster of probabilities.

    Args:
        source: The raster that is mapped.
        frame: Size and place of the map.
        targets: The mask and, if wanted, the raster of probabilities; they appear when all is
            written.
        num_classes: Number of classes C.
        pool: Keeps the raster open.
        classes: Class names, stored in the files.
        palette: RGB 0..255 per class, stored as colour table.

    Attributes:
        counts: Pixels per class so far; the last of 256 counts those without data.
    """

    def __init__(
        self,
        source: SceneGrid,
        frame: Frame,
        targets: Sequence[Path],
        num_classes: int,
        pool: HandlePool,
        classes: Sequence[str] | None,
        palette: Sequence[Sequence[int]] | None,
    ) -> None:
        self.counts = np.zeros(256, np.int64)
        self._frame, self._reader = frame, source.reader(pool)
        self._targets, self._num_classes = targets, num_classes
        self._classes, self._palette = classes, palette
        self._stack = ExitStack()
        self._writers: list[RowWriter] = []
        self._top = 0
        self._back: RowResampler | None = None
        if (frame.height, frame.width) != (source.grid.height, source.grid.width):
            self._back = RowResampler(source.grid, frame.height, frame.width, num_classes)

    def __enter__(self) -> MapOutput:
        with ExitStack() as stack:
            paths = [stack.enter_context(atomic_path(target)) for target in self._targets]
            writer = mask_writer(paths[0], self._frame, self._classes, self._palette)
            self._writers = [stack.enter_context(writer)]
            for path in paths[1:]:
                writer = probability_writer(path, self._frame, self._num_classes, self._classes)
                self._writers.append(stack.enter_context(writer))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, rows: NDArray[np.float32], valid: NDArray[np.bool_] | None) -> None:
        """Write the next rows of the model's grid.

        Args:
            rows: Probabilities ``(C, n, grid.width)``.
            valid: ``(n, grid.width)``, False where there is no data; ``None`` for nowhere.
        """
        if self._back is None:
            self._write(rows, valid)
            return
        for own in self._back.push(rows):
            area = Window(self._top, 0, own.shape[1], self._frame.width)
            self._write(own, self._reader.own_validity(area))

    def _write(self, rows: NDArray[np.float32], valid: NDArray[np.bool_] | None) -> None:
        mask = to_classes(rows, valid)
        self._writers[0].write(mask[None])
        for writer in self._writers[1:]:
            writer.write(to_steps(rows, mask))
        self.counts += np.bincount(mask.ravel(), minlength=256)
        self._top += rows.shape[1]
