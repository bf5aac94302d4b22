"""The tiles of a raster in batches, and the network on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mmda.errors import ConfigError
from mmda.raster.mapping.arrays import Array, on_host
from mmda.raster.mapping.mosaic import MosaicGrid
from mmda.raster.mapping.strips import Strip

Predictor = Callable[..., Any]
"""Maps tiles ``(N, B, tile, tile)`` to probabilities ``(N, C, tile, tile)``, float32.

These are a NumPy array or a PyTorch tensor, a new one at each call: they are blended while the next
tiles are predicted. Where the function has an attribute ``uses_counted`` that is true, it
is also given which pixels hold data, ``(N, tile, tile)`` bool.
"""


@dataclass(frozen=True)
class TileBatch:
    """Tiles with data, which follow each other from left to right and strip after strip.

    Attributes:
        places: Index in ``grid.rows`` and ``grid.cols`` of every tile; there may be none.
        pixels: ``(N, B, tile, tile)`` in the raster's dtype.
        counted: Which of them hold data, ``(N, tile, tile)``.
        validity: Of the strips that end in the batch, by their index: where there is data,
            ``(tile, padded width)``; ``None`` where it is everywhere.
    """

    places: list[tuple[int, int]]
    pixels: NDArray[np.generic]
    counted: NDArray[np.bool_]
    validity: dict[int, NDArray[np.bool_] | None]


def tile_batches(strips: Iterable[Strip], grid: MosaicGrid, batch_size: int) -> Iterator[TileBatch]:
    """Gather the tiles that hold data into batches, which go on from strip to strip.

    Yields:
        Full batches, and a last one that may be smaller or without any tile.
    """
    tiles: list[tuple[Strip, int]] = []
    validity: dict[int, NDArray[np.bool_] | None] = {}
    for strip in strips:
        filled = [i for i, left in enumerate(grid.cols) if strip.has_data(left, grid.tile)]
        for column in filled:
            if len(tiles) == batch_size:
                yield _batch(tiles, grid, validity)
                tiles, validity = [], {}
            tiles.append((strip, column))
        validity[strip.index] = strip.valid if filled else np.broadcast_to(False, strip.shape)
    yield _batch(tiles, grid, validity)


def _batch(
    tiles: list[tuple[Strip, int]],
    grid: MosaicGrid,
    validity: dict[int, NDArray[np.bool_] | None],
) -> TileBatch:
    side = grid.tile
    pixels = [strip.tile(grid.cols[column], side) for strip, column in tiles]
    counted = [strip.counted(grid.cols[column], side) for strip, column in tiles]
    return TileBatch(
        [(strip.index, column) for strip, column in tiles],
        np.stack(pixels) if tiles else np.empty(0),
        np.stack(counted) if tiles else np.empty(0, bool),
        validity,
    )


class TilePredictor:
    """Runs the network on batches.

    Args:
        predict: The network.
        grid: Where the tiles stand.
        num_classes: Number of classes C.
        bar: Progress in tiles.

    Attributes:
        num_classes: Number of classes C.
        tiles: Number of tiles that went through the network so far.
    """

    def __init__(self, predict: Predictor, grid: MosaicGrid, num_classes: int, bar: tqdm) -> None:
        self._predict, self._grid, self._bar = predict, grid, bar
        self.num_classes = num_classes
        self.tiles = 0

    def __call__(self, batches: Iterable[TileBatch]) -> Iterator[Predicted]:
        """Yield what becomes of every batch."""
        for batch in batches:
            probabilities = self._run(batch) if batch.places else []
            self.tiles += len(batch.places)
            self._bar.update(len(batch.places))
            yield Predicted(batch.places, probabilities, batch.validity)

    def _run(self, batch: TileBatch) -> Array:
        more = (batch.counted,) if getattr(self._predict, "uses_counted", False) else ()
        result = self._predict(batch.pixels, *more)
        expected = (len(batch.places), self.num_classes, self._grid.tile, self._grid.tile)
        if tuple(result.shape) != expected:
            raise ConfigError(
                f"Expected predictions of shape {expected} (tiles, classes, height, width), but "
                f"got {tuple(result.shape)}; do the classes belong to this checkpoint?"
            )
        return on_host(result)


class Predicted(NamedTuple):
    """The probabilities of a batch's tiles, ``(N, C, tile, tile)``; see :class:`TileBatch`."""

    places: list[tuple[int, int]]
    probabilities: Array
    validity: dict[int, NDArray[np.bool_] | None]
