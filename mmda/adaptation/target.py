"""The target that a trained model is adapted to: tiles of a dataset, or whole rasters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.engine.target_batches import RasterBatches, TileBatches
from mmda.engine.unlabelled_data import (
    evaluation_pipeline,
    known_holes,
    target_dataset,
    unlabelled,
)
from mmda.errors import ConfigError
from mmda.models.batch_norm import TargetBatch
from mmda.raster.dataset.training_data import TrainingData
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.tiles import RasterTileReader


@dataclass
class Target:
    """An unlabelled target, opened for a model.

    Attributes:
        batches: Its images; iterating anew begins anew.
        names: Its folder, or its rasters.
        training_data: Description of a tiled dataset's images; None for rasters, which are read as
            the model's training images were.
    """

    batches: Iterable[TargetBatch]
    names: list[str]
    training_data: dict | None = None
    rasters: Sequence[RasterTileReader] = field(default=(), repr=False)

    @property
    def warnings(self) -> list[str]:
        """What the user should know of rasters that have been read, in sentences."""
        return [warning for raster in self.rasters for warning in raster.warnings]


def open_target(
    model: Any,
    config: Config,
    *,
    data: str | Path | None,
    split: str | None,
    images: Sequence[str | Path],
    options: PredictOptions,
    workers: int = 0,
) -> Target:
    """Open the target that the user names.

    Args:
        model: The model.
        config: Its config, whose target is used where the user names none.
        data: Folder of a tiled dataset. Its labels are not read.
        split: Its split; by default that of the config, or ``train``.
        images: Rasters, in place of a dataset.
        options: How rasters are read; ``batch_size`` and ``progress`` hold for both.
        workers: Number of processes that load tiles.

    Raises:
        ConfigError: When both or neither are named, or an option is out of range.
        DataError: When the dataset is missing.
    """
    if images and (data is not None or split is not None):
        raise ConfigError(
            "The target is a tiled dataset (--data, --split) or rasters (--images), not both."
        )
    if images:
        meta = model.dataset_meta or {}
        known = meta.get("training_data")
        trained = None if known is None else TrainingData.from_json(known)
        bands = getattr(model.data_preprocessor, "num_bands", None)
        rasters = [RasterTileReader(image, options, bands, trained) for image in images]
        batches = RasterBatches(model, rasters, options.progress)
        return Target(batches, [str(image) for image in images], rasters=rasters)
    described = target_dataset(config, None if data is None else str(data), split)
    dataset = known_holes(unlabelled(described, evaluation_pipeline(config)))
    tiles = TileBatches(model, dataset, options.batch_size, workers, options.progress)
    return Target(tiles, [str(dataset.data_root)], dataset.metainfo["training_data"])
