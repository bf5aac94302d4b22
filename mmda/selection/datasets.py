"""The tiles on which models are compared, from the config of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmda.engine.unlabelled_data import evaluation_pipeline
from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain, count_splits
from mmda.registry import DATASETS

OWN_SPLITS = ("split_file", "class_map", "indices")
DEFAULT = ("val", "train", "test")
"""Splits of the target, and of the source, in the order in which they are taken."""


def learns_from_target_labels(config: Config, data: Path | None) -> bool:
    """Tell whether a config trains on labels of the target, as the bound of a comparison does.

    Args:
        config: A model's config.
        data: Folder of the tiled target; by default that of the config.
    """
    source, target = _source(config), _target_root(config, data)
    if source is None or target is None:
        return False
    return Path(source["data_root"]).resolve() == target


def _target_root(config: Config, data: Path | None) -> Path | None:
    """Return the folder of the tiled target: ``data``, or by default that of a config."""
    described = _target(config)
    target = data or (Path(described["data_root"]) if described else None)
    return None if target is None else target.resolve()


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
    described = _target(config)
    if described is None and data is None:
        raise ConfigError("The config names no tiled target: give its folder as `data`.")
    described = described or {"type": "TiledDataset", "data_root": str(data)}
    if data is not None and data.resolve() != Path(described["data_root"]).resolve():
        described = {k: v for k, v in described.items() if k not in OWN_SPLITS}
        described["data_root"] = str(data)
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


def _target(config: Config) -> dict | None:
    """Return the config's target dataset: that of the training, of a pair, or of the test."""
    target = _trained(config).get("target") or config.get("target_data")
    return dict(target) if target else _tested(config)


def _source(config: Config) -> dict | None:
    source = _trained(config).get("source")
    return dict(source) if source else None


def _trained(config: Config) -> dict:
    return (config.get("train_dataloader") or {}).get("dataset") or {}


def _tested(config: Config) -> dict | None:
    for name in ("test_dataloader", "val_dataloader"):
        dataset = (config.get(name) or {}).get("dataset") or {}
        if dataset.get("data_root"):
            return dict(dataset)
    return None
