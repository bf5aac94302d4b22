"""The tiles that a calibration needs, from the config of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmda.engine.source_pipeline import source_pipeline
from mmda.engine.unlabelled_data import (
    evaluation_pipeline,
    known_holes,
    source_config,
    target_dataset,
)
from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain
from mmda.registry import DATASETS


def source_tiles(config: Config, split: str, *, labelled: bool) -> Any:
    """Build a dataset of source tiles, see :func:`~mmda.engine.source_pipeline.source_pipeline`.

    Args:
        config: The model's config.
        split: The split.
        labelled: Whether labels are read.

    Raises:
        ConfigError: When the config names no labelled source, its folder is not there, or the
            split has no labelled tiles.
    """
    described = source_config(config) or {}
    advice = (
        "A calibration needs labelled source tiles of split `val`: tile the source again with "
        "--val-fraction, or name it with --cfg-options "
        "train_dataloader.dataset.source.data_root=FOLDER."
    )
    if not described or not described.get("labelled", True):
        raise ConfigError(f"The config `{config.filename}` has no labelled source. {advice}")
    root = Path(described["data_root"])
    if not root.is_dir():
        raise ConfigError(f"The source `{root}` does not exist. {advice}")
    rows = TiledDomain(root, described.get("split_file")).rows(split)
    if not rows or any(row["class_pixels"] is None for row in rows):
        state = "has tiles without labels" if rows else "is empty"
        raise ConfigError(f"The source `{root}`: its split `{split}` {state}. {advice}")
    return _built(described, split, source_pipeline(config, described), labelled)


def target_tiles(config: Config, data: str | None, split: str | None) -> Any:
    """Build a dataset of unlabelled target tiles.

    Args:
        config: The model's config.
        data: Folder of the tiled target; by default the config's.
        split: Its split; by default that of the config, or ``train``.

    Raises:
        ConfigError: When nothing names the target.
    """
    described = target_dataset(config, data, split)
    chosen = described.get("split", "train")
    return _built(described, chosen, list(evaluation_pipeline(config)), labelled=False)


def scored_tiles(config: Config, data: str | None) -> Any | None:
    """Build a dataset of labelled target tiles: the config's test set, or ``test`` of ``data``.

    Returns:
        The dataset; ``None`` where there are no such tiles, or some of them have no labels.
    """
    described = dict((config.get("test_dataloader") or {}).get("dataset") or {})
    if data is not None:
        described = target_dataset(config, data, "test")
    root = described.get("data_root")
    if root is None or not Path(root).is_dir():
        return None
    split = described.get("split", "test")
    rows = TiledDomain(root, described.get("split_file")).rows(split)
    if not rows or any(row["class_pixels"] is None for row in rows):
        return None
    return _built(described, split, list(evaluation_pipeline(config)), labelled=True)


def _built(described: dict, split: str, pipeline: list, labelled: bool) -> Any:
    init_default_scope("mmda")
    own = dict(split=split, labelled=labelled, labelled_tiles=None, pipeline=pipeline)
    return known_holes(DATASETS.build({**described, **own, "test_mode": True}))
