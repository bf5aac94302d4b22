"""The tiles on which models are compared, from the config of a model."""

from __future__ import annotations

import itertools
from contextlib import suppress
from pathlib import Path

from mmengine.config import Config

from mmda.engine import judged_tiles
from mmda.engine.unlabelled_data import target_dataset, truly_labelled_sources
from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain, count_splits

DEFAULT = ("val", "train", "test")
"""Splits of the target, and of the source, in the order in which they are taken."""


def learns_from_target_labels(config: Config, data: Path | None) -> bool:
    """Tell whether a config trains on labels of the target, as the bound of a comparison does.

    It does when a source of it is the folder of the target, of the config's own or of ``data``, or
    when one of its training tiles is cut from a raster of the target: the same city may be tiled
    twice. Pseudo-labels are a model's predictions and no labels of the target.

    Args:
        config: A model's config.
        data: Folder of the tiled target; by default that of the config.

    Returns:
        Whether it does; False where nothing names the target.

    Raises:
        DataError: When ``data`` is no tiled dataset.
    """
    targets = []
    for place in {None, data}:
        with suppress(ConfigError):
            targets.append(target_dataset(config, place, None, tested=True))
    pairs = itertools.product(truly_labelled_sources(config), targets)
    return any(_is_part(source, target) for source, target in pairs)


def _is_part(source: dict, target: dict) -> bool:
    one, other = (Path(domain["data_root"]).resolve() for domain in (source, target))
    return one == other or not _rasters(source, trained=True).isdisjoint(_rasters(target))


def _rasters(described: dict, trained: bool = False) -> set[str]:
    """Return the rasters that a dataset, or what of it is trained on, was tiled from."""
    root, table = described["data_root"], described.get("split_file")
    if not Path(root).is_dir():  # it has not come along
        return set()
    split = described.get("split", "train") if trained else None
    return {row["source"] for row in TiledDomain(root, table).rows(split)}


def target_tiles(config: Config, data: Path | None, split: str | None) -> dict:
    """Return the config of the dataset of unlabelled target tiles that models are compared on.

    Args:
        config: A model's config.
        data: Folder of the tiled target; by default that of the config.
        split: Its split; by default ``val``, or ``train`` where there is none.

    Raises:
        ConfigError: When nothing names the target.
        DataError: When the folder does not exist.
    """
    described = judged_tiles.target_tiles(config, data, split, tested=True)
    return described if split else _with_split(described)


def source_tiles(config: Config) -> dict | None:
    """Return the config of the dataset of the source's validation tiles.

    Where the source has no split ``val``, its training tiles stand in.

    Returns:
        The config; ``None`` without a labelled source, or where its data have not come along.
    """
    described = judged_tiles.source_tiles(config)
    return None if described is None else _with_split(described)


def _with_split(described: dict) -> dict:
    tiles = TiledDomain(described["data_root"], described.get("split_file"))
    there = count_splits(tiles.rows())
    return {**described, "split": next((name for name in DEFAULT if name in there), DEFAULT[0])}
