"""Datasets of target tiles that a model is run on, from a config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.config import Config

from mmda.errors import ConfigError
from mmda.registry import DATASETS


def evaluation_pipeline(config: Config) -> Sequence[dict]:
    """Return the transforms of the config's test set, or validation set.

    They bring a tile to the scale that the model is evaluated at, without random changes.
    """
    for name in ("test_dataloader", "val_dataloader"):
        dataset = (config.get(name) or {}).get("dataset") or {}
        if dataset.get("pipeline"):
            return dataset["pipeline"]
    return [{"type": "LoadTile"}, {"type": "PackDomainInputs"}]


def target_dataset(config: Config, data: str | None, split: str | None) -> dict:
    """Return the config of the target dataset that a model is run on.

    Args:
        config: The model's config.
        data: Folder of a tiled dataset; None for the config's target.
        split: Its split; None for that of the config, or ``train``.

    Raises:
        ConfigError: When neither names a dataset.
    """
    paired = (config.get("train_dataloader") or {}).get("dataset") or {}
    described = dict(paired.get("target") or {})
    if data is not None:
        described = {"type": "TiledDataset", "data_root": data}
    if not described:
        raise ConfigError(
            f"The config `{config.filename}` has no target dataset. Name one with --data."
        )
    if split is not None:
        described["split"] = split
    return described


def unlabelled(dataset: dict, pipeline: Sequence[dict]) -> Any:
    """Build a dataset from its config, but without labels and with other transforms."""
    return DATASETS.build({**dataset, "labelled": False, "pipeline": list(pipeline)})


def true_labels(dataset: dict, tiles: Any) -> Any | None:
    """Build a dataset that reads true labels from its config, or return None if it has no labels.

    Args:
        dataset: The config.
        tiles: The same dataset, built.
    """
    if any(row["class_pixels"] is None for row in tiles.tiles.rows(tiles.split)):
        return None
    every = {**dataset, "labelled": True, "labelled_tiles": None}
    return DATASETS.build({**every, "pipeline": [{"type": "LoadTile"}]})
