"""Batches of the target on which a trained network is run, without labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import get_dist_info
from torch.utils.data import DataLoader
from tqdm import tqdm

from mmda.datasets.batching import same_size_batches
from mmda.errors import ConfigError
from mmda.models.alignments import DomainImages
from mmda.models.batch_norm import TargetBatch
from mmda.raster.mapping.tiles import RasterTileReader


class TileBatches:
    """The tiles of a dataset in its order, in batches of which each process has its share.

    Args:
        model: The model, whose preprocessor normalises the tiles.
        dataset: A dataset with a pipeline without random transforms.
        batch_size: Largest number of tiles per batch; the tiles of a batch have the same size.
        num_workers: Number of processes that load tiles.
        progress: Whether to show a progress bar on stderr.
        title: What the bar says.

    Raises:
        ConfigError: When ``batch_size`` or ``num_workers`` is out of range.
    """

    def __init__(
        self,
        model: Any,
        dataset: Any,
        batch_size: int = 4,
        num_workers: int = 0,
        progress: bool = False,
        title: str = "target tiles",
    ) -> None:
        if batch_size < 1 or num_workers < 0:
            raise ConfigError(
                "Batches of target tiles need a size of 1 or more and 0 or more workers, got "
                f"{batch_size} and {num_workers}."
            )
        self._preprocess, self._dataset, self._workers = (
            model.data_preprocessor,
            dataset,
            num_workers,
        )
        rank, processes = get_dist_info()
        self._share = same_size_batches(dataset, batch_size)[rank::processes]
        self._progress, self._title = progress and rank == 0, title

    def __iter__(self) -> Iterator[TargetBatch]:
        loader = DataLoader(
            self._dataset,
            batch_sampler=self._share,
            num_workers=self._workers,
            collate_fn=pseudo_collate,
        )
        for data in tqdm(loader, self._title, unit="batch", disable=not self._progress):
            batch = self._preprocess(data, False)
            images = batch["inputs"]
            seen = DomainImages(images, batch["data_samples"], images)
            yield TargetBatch(images, seen.mask(seen.size))


class RasterBatches:
    """The tiles of rasters in order, in batches of which each process has its share.

    Args:
        model: The model, whose preprocessor normalises the tiles.
        rasters: The rasters.
        progress: Whether to show a progress bar on stderr.
    """

    def __init__(
        self, model: Any, rasters: Sequence[RasterTileReader], progress: bool = False
    ) -> None:
        self._preprocess, self._rasters = model.data_preprocessor, rasters
        self._rank, self._processes = get_dist_info()
        self._progress = progress and self._rank == 0

    def __iter__(self) -> Iterator[TargetBatch]:
        every = (batch for raster in self._rasters for batch in raster)
        bar = tqdm(every, "target rasters", unit="batch", disable=not self._progress)
        for number, (pixels, counted) in enumerate(bar):
            if number % self._processes != self._rank:
                continue
            tiles = [torch.from_numpy(np.ascontiguousarray(tile)) for tile in pixels]
            images = self._preprocess({"inputs": tiles})["inputs"]
            mask = images.new_zeros((len(images), *images.shape[-2:]), dtype=torch.bool)
            height, width = counted.shape[-2:]  # the preprocessor may have padded the images
            mask[:, :height, :width] = torch.from_numpy(counted)
            yield TargetBatch(images, None if mask.all() else mask)
