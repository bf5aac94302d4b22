"""The datasets of a sweep, from a config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.config import Config

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
    return DATASETS.build({**dataset, "labelled": True, "pipeline": [{"type": "LoadTile"}]})
