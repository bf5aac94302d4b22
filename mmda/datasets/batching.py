"""Tiles in batches, for passes over a whole dataset."""

from __future__ import annotations

from typing import Any


def same_size_batches(dataset: Any, batch_size: int) -> list[list[int]]:
    """Divide a tiled dataset into batches of tiles that have the same size.

    The tiles keep their order. A batch ends where the next tile has another size, as at the edges
    of scenes or where whole scenes are tiles, so that any dataset can be read in batches.

    Args:
        dataset: A :class:`~mmda.datasets.TiledDataset`.
        batch_size: Largest number of tiles in a batch.

    Returns:
        Indices of the tiles of every batch.
    """
    batches: list[list[int]] = []
    last = None
    for index in range(len(dataset)):
        size = dataset.get_data_info(index).get("tile_size")
        if batches and size == last and len(batches[-1]) < batch_size:
            batches[-1].append(index)
        else:
            batches.append([index])
        last = size
    return batches
