"""The tiles that a calibration needs, from the config of a model."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config

from mmda.engine import judged_tiles
from mmda.engine.judged_tiles import open_tiles
from mmda.engine.unlabelled_data import source_config
from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain


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
    described = judged_tiles.source_tiles(config)
    advice = (
        "A calibration needs labelled source tiles of split `val`: tile the source again with "
        "--val-fraction, or name it with --cfg-options "
        "train_dataloader.dataset.source.data_root=FOLDER."
    )
    if described is None:
        named = (source_config(config) or {}).get("data_root", "none")
        raise ConfigError(
            f"The config `{config.filename}`: its source `{named}` or a folder that its pipeline "
            "matches (`Match...`) does not exist, or the source has no labels but pseudo-labels. "
            f"{advice}"
        )
    root = described["data_root"]
    if problem := _unlabelled(described, split):
        raise ConfigError(f"The source `{root}`: its split `{split}` {problem}. {advice}")
    return open_tiles({**described, "split": split, "labelled": labelled})


def target_tiles(config: Config, data: str | None, split: str | None) -> Any:
    """Build a dataset of unlabelled target tiles.

    Args:
        config: The model's config.
        data: Folder of the tiled target; by default the config's.
        split: Its split; by default that of the config, or ``train``.

    Raises:
        ConfigError: When nothing names the target.
    """
    return open_tiles(judged_tiles.target_tiles(config, data, split))


def scored_tiles(config: Config, data: str | None) -> Any | None:
    """Build a dataset of labelled target tiles: the config's test set, or ``test`` of ``data``.

    Returns:
        The dataset; ``None`` where there are no such tiles, or some of them have no labels.
    """
    described = judged_tiles.tested_tiles(config)
    if data is not None:
        described = judged_tiles.target_tiles(config, data, "test")
    if described is None or _unlabelled(described, described["split"]):
        return None
    return open_tiles({**described, "labelled": True})


def _unlabelled(described: dict, split: str) -> str | None:
    """Return what is wrong with a split of which all tiles should have labels; None if nothing."""
    rows = TiledDomain(described["data_root"], described.get("split_file")).rows(split)
    if not rows:
        return "is empty"
    return "has tiles without labels" if any(row["class_pixels"] is None for row in rows) else None
