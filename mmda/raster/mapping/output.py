"""The files of a map, written from the top down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from mmda.raster.dataset.scene_reader import SceneGrid
from mmda.raster.decoding import IGNORE
from mmda.raster.io.handles import HandlePool
from mmda.raster.mapping.bands import Band
from mmda.raster.mapping.cog import Pyramid
from mmda.raster.mapping.confidence import to_confidence
from mmda.raster.mapping.rasters import mask_writer, share_writer
from mmda.raster.mapping.rows import RowResampler, count_values, to_classes, to_entropy, to_steps
from mmda.raster.mapping.write import Frame
from mmda.raster.windows import Window


@dataclass(frozen=True)
class MapFiles:
    """The files of a map; ``None`` for those that are not wanted.

    Attributes:
        mask: Class ids.
        probabilities: One band per class.
        confidence: Largest probability, one band.
        entropy: Predictive entropy, one band.
    """

    mask: Path
    probabilities: Path | None = None
    confidence: Path | None = None
    entropy: Path | None = None

    def bands(self, num_classes: int) -> dict[Path, int]:
        """Return the number of bands of each file that is wanted."""
        several = {self.probabilities: num_classes, self.confidence: 1, self.entropy: 1}
        return {path: n for path, n in {self.mask: 1, **several}.items() if path is not None}


class MapOutput:
    """Turns blended probabilities into the mask and, if asked, rasters of how sure it is.

    Args:
        source: The raster that is mapped.
        frame: Size and place of the map.
        band: Its rows that are written.
        files: The files; they appear when all is written.
        num_classes: Number of classes C.
        pool: Keeps the raster open.
        classes: Class names, stored in the files.
        palette: RGB 0..255 per class, stored as colour table.
        tags: More tags.

    Attributes:
        counts: Pixels per class so far; the last of 256 counts those without data.
    """

    def __init__(
        self,
        source: SceneGrid,
        frame: Frame,
        band: Band,
        files: MapFiles,
        num_classes: int,
        pool: HandlePool,
        classes: Sequence[str] | None,
        palette: Sequence[Sequence[int]] | None,
        tags: Mapping[str, str],
    ) -> None:
        self.counts = np.zeros(256, np.int64)
        self._frame, self._reader = frame, source.reader(pool)
        self._files, self._num_classes = files, num_classes
        self._classes, self._palette, self._tags = classes, palette, tags
        self._stack = ExitStack()
        self._writers: dict[Path, Pyramid] = {}
        native = (frame.height, frame.width) == (source.grid.height, source.grid.width)
        self._top = band.first if native else band.start  # the map's row that comes next
        self._start, self._stop = band.start, band.stop
        self._written = replace(frame, height=band.stop - band.start)
        self._back: RowResampler | None = None
        if not native:
            size = frame.height, frame.width
            self._back = RowResampler(source.grid, *size, num_classes, band.first, band.start)

    def __enter__(self) -> MapOutput:
        with ExitStack() as stack:
            for path, count in self._files.bands(self._num_classes).items():
                self._writers[path] = stack.enter_context(self._writer(path, count))
            self._stack = stack.pop_all()
        return self

    def _writer(self, path: Path, count: int) -> AbstractContextManager[Pyramid]:
        files = self._files
        if path == files.mask:
            return mask_writer(path, self._written, self._classes, self._palette, self._tags)
        single = {files.confidence: ["confidence"], files.entropy: ["entropy"]}
        names = single.get(path, self._classes or [])
        return share_writer(path, self._written, count, names, self._tags)

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
            wanted = self._wanted(rows.shape[1])
            self._write(rows[:, wanted], None if valid is None else valid[wanted])
            return
        for resampled in self._back.push(rows):
            top = self._top  # no row before the first one is given out
            own = resampled[:, self._wanted(resampled.shape[1])]
            if own.shape[1]:
                area = Window(top, 0, own.shape[1], self._frame.width)
                self._write(own, self._reader.own_validity(area))

    @property
    def takes_shares(self) -> bool:
        """Whether probabilities are needed; else :meth:`write_classes` does."""
        return self._back is not None or len(self._writers) > 1

    def write_classes(self, mask: NDArray[np.uint8], valid: NDArray[np.bool_] | None) -> None:
        """Write the next rows of the mask alone.

        Args:
            mask: Class ids ``(n, width)``; they are changed.
            valid: See :meth:`write`.
        """
        wanted = self._wanted(len(mask))
        if valid is not None:
            np.copyto(mask, IGNORE, where=~valid)
        self._write_mask(mask[wanted])

    def _wanted(self, count: int) -> slice:
        """Return which of the next ``count`` rows are written, and pass on to those after them."""
        top = self._top
        self._top += count
        return slice(max(self._start - top, 0), max(self._stop - top, 0))

    def _write_mask(self, mask: NDArray[np.uint8]) -> None:
        self._writers[self._files.mask].write(mask[None])
        self.counts += count_values(mask)

    def _write(self, rows: NDArray[np.float32], valid: NDArray[np.bool_] | None) -> None:
        mask = to_classes(rows, valid)
        if self._files.probabilities is not None:
            self._writers[self._files.probabilities].write(to_steps(rows, mask))
        if self._files.confidence is not None:
            self._writers[self._files.confidence].write(to_steps(to_confidence(rows), mask))
        if self._files.entropy is not None:
            self._writers[self._files.entropy].write(to_steps(to_entropy(rows), mask))
        self._write_mask(mask)
