"""Running the network on the tiles of a strip, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mmda.errors import ConfigError
from mmda.raster.mapping.mosaic import MosaicGrid
from mmda.raster.mapping.strips import Strip

Predictor = Callable[..., NDArray[np.float32]]
"""Maps tiles ``(N, B, tile, tile)`` to probabilities ``(N, C, tile, tile)``, float32.

Where it has an attribute ``uses_counted`` that is true, it is also given which pixels hold data,
``(N, tile, tile)`` bool.
"""


class TilePredictor:
    """Runs the network on the tiles of a strip that hold data.

    Args:
        predict: The network.
        grid: Where the tiles stand.
        num_classes: Number of classes C.
        batch_size: Largest number N of tiles per call.
        bar: Progress in tiles.

    Attributes:
        tiles: Number of tiles that went through the network so far.
        empty_tiles: Number of tiles without any data so far.
    """

    def __init__(
        self, predict: Predictor, grid: MosaicGrid, num_classes: int, batch_size: int, bar: tqdm
    ) -> None:
        self._predict, self._grid = predict, grid
        self._num_classes, self._batch_size, self._bar = num_classes, batch_size, bar
        self.tiles = self.empty_tiles = 0

    def __call__(self, strip: Strip) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield ``(column index, (C, tile, tile))`` for the tiles with data, left to right."""
        size, lefts = self._grid.tile, self._grid.cols
        filled = [i for i, left in enumerate(lefts) if strip.has_data(left, size)]
        empty = len(lefts) - len(filled)
        self.empty_tiles += empty
        self._bar.update(empty)
        for start in range(0, len(filled), self._batch_size):
            columns = filled[start : start + self._batch_size]
            batch = np.stack([strip.tile(lefts[i], size) for i in columns])
            counted = np.stack([strip.counted(lefts[i], size) for i in columns])
            yield from zip(columns, self._run(batch, counted), strict=True)
            self.tiles += len(columns)
            self._bar.update(len(columns))

    def _run(self, batch: NDArray[np.generic], counted: NDArray[np.bool_]) -> NDArray[np.float32]:
        more = (counted,) if getattr(self._predict, "uses_counted", False) else ()
        result = self._predict(batch, *more)
        expected = (len(batch), self._num_classes, self._grid.tile, self._grid.tile)
        if result.shape != expected:
            raise ConfigError(
                f"Expected predictions of shape {expected} (tiles, classes, height, width), but "
                f"got {result.shape}; do the classes belong to this checkpoint?"
            )
        return result
