"""The tiles on which models are compared, from the config of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmda.engine.unlabelled_data import evaluation_pipeline
from mmda.engine.unlabelled_data import target_dataset as described_target
from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain, count_splits
from mmda.registry import DATASETS

DEFAULT = ("val", "train", "test")
"""Splits of the target, and of the source, in the order in which they are taken."""


def learns_from_target_labels(config: Config, data: Path | None) -> bool:
    """Tell whether a config trains on labels of the target, as the bound of a comparison does.

    Args:
        config: A model's config.
        data: Folder of the tiled target; by default that of the config.

    Returns:
        Whether it does; False where nothing names the target.

    Raises:
        DataError: When ``data`` is no tiled dataset.
    """
    source = _source(config)
    if source is None:
        return False
    try:
        target = described_target(config, data, None, tested=True)
    except ConfigError:
        return False
    return Path(source["data_root"]).resolve() == Path(target["data_root"]).resolve()


def target_dataset(config: Config, data: Path | None, split: str | None) -> Any:
    """Build the dataset of unlabelled target tiles, loaded as in the config's test.

    Args:
        config: A model's config.
        data: Folder of the tiled target; by default that of the config.
        split: Its split; by default ``val``, or ``train`` where there is none.

    Raises:
        ConfigError: When nothing names the target.
        DataError: When the folder or the split does not exist.
    """
    described = described_target(config, data, None, tested=True)
    return _built(described, config, split, labelled=False)


def source_dataset(config: Config) -> Any | None:
    """Build the dataset of the source's validation tiles; ``None`` without a labelled source.

    Where the source has no split ``val``, its training tiles stand in.
    """
    described = _source(config)
    if described is None or not described.get("labelled", True):
        return None
    if not Path(described["data_root"]).is_dir():  # only the weights have come along
        return None
    return _built(described, config, None, labelled=True)


def _built(described: dict, config: Config, split: str | None, *, labelled: bool) -> Any:
    init_default_scope("mmda")
    if split is None:
        tiles = TiledDomain(described["data_root"], described.get("split_file"))
        there = count_splits(tiles.rows())
        split = next((name for name in DEFAULT if name in there), DEFAULT[0])
    more = dict(
        split=split, labelled=labelled, pipeline=list(evaluation_pipeline(config)), test_mode=True
    )
    return DATASETS.build({**described, **more})


def _source(config: Config) -> dict | None:
    source = _trained(config).get("source")
    return dict(source) if source else None


def _trained(config: Config) -> dict:
    return (config.get("train_dataloader") or {}).get("dataset") or {}
