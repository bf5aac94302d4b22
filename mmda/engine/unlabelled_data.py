"""Datasets of target tiles that a model is run on, from a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmda.errors import ConfigError
from mmda.raster.dataset.manifest import has_pseudo_labels, read_manifest
from mmda.raster.dataset.tile_files import records_holes
from mmda.registry import DATASETS

TILES, WINDOWS = "TiledDataset", "RasterWindowDataset"
KEPT = ("domain",)
"""What of the config's target holds for other folders of the same domain."""


def evaluation_pipeline(config: Config) -> Sequence[dict]:
    """Return the transforms of the config's test set, or validation set.

    They bring a tile to the scale that the model is evaluated at, without random changes.
    """
    for name in ("test_dataloader", "val_dataloader"):
        dataset = (config.get(name) or {}).get("dataset") or {}
        if dataset.get("pipeline"):
            return dataset["pipeline"]
    return [{"type": "LoadTile"}, {"type": "PackDomainInputs"}]


def target_dataset(
    config: Config, data: str | Path | None, split: str | None, *, tested: bool = False
) -> dict:
    """Return the config of the target dataset that a model is run on.

    Another folder than the config's target is opened as what its manifest says, tiles or windows of
    rasters, with its own splits and classes, but as the same domain: its images are normalised as
    the target's are. All tiles of the split are taken, also where the training has only some of
    them (``only_tiles``), as the hard ones of IntraDA.

    Args:
        config: The model's config.
        data: Folder of a tiled dataset; None for the config's target: that of the training, or the
            ``target_data`` of a pair, whose models may be trained without it.
        split: Its split; None for that of the config, or ``train``.
        tested: Whether the dataset of the config's test is taken where it names no other target.

    Raises:
        ConfigError: When neither names a dataset.
        DataError: When ``data`` is no tiled dataset.
    """
    paired = (config.get("train_dataloader") or {}).get("dataset") or {}
    described = dict(paired.get("target") or config.get("target_data") or {})
    if data is not None and not _is_of(described, data):
        described = _elsewhere(described or _tested(config), data)
    elif tested:
        described = described or _tested(config)
    if not described:
        raise ConfigError(
            f"The config `{config.filename}` has no target dataset. Name one with --data."
        )
    described.pop("only_tiles", None)
    if split is not None:
        described["split"] = split
    return described


def _tested(config: Config) -> dict:
    for name in ("test_dataloader", "val_dataloader"):
        dataset = (config.get(name) or {}).get("dataset") or {}
        if dataset.get("data_root"):
            return dict(dataset)
    return {}


def _is_of(described: dict, data: str | Path) -> bool:
    return bool(described) and Path(described["data_root"]).resolve() == Path(data).resolve()


def _elsewhere(described: dict, data: str | Path) -> dict:
    windows = any(row["image"] is None for row in read_manifest(data))
    kind = described.get("type", TILES)
    if windows != (kind == WINDOWS):
        kind = WINDOWS if windows else TILES
    kept = {key: value for key, value in described.items() if key in KEPT}
    return {**kept, "type": kind, "data_root": str(data)}


def unlabelled(dataset: dict, pipeline: Sequence[dict]) -> Any:
    """Build a dataset from its config, but without labels and with other transforms."""
    init_default_scope("mmda")
    return DATASETS.build({**dataset, "labelled": False, "pipeline": list(pipeline)})


def known_holes(dataset: Any) -> Any:
    """Return the part of a dataset whose tiles tell which of their pixels have data.

    PNG and JPEG tiles that are partly empty do not; what is empty in them would be taken for
    content by a statistic.

    Args:
        dataset: A :class:`~mmda.datasets.TiledDataset`.

    Raises:
        ConfigError: When no tile tells it.
    """
    every = range(len(dataset))
    known = [index for index in every if records_holes(dataset.get_data_info(index))]
    if not known:
        raise ConfigError(
            f"`{dataset.data_root}`, split `{dataset.split}`: no tile is whole, and PNG and JPEG "
            "tiles do not record where they have data, so what is empty would count as content. "
            "Tile the rasters with --format tif."
        )
    return dataset if len(known) == len(dataset) else dataset.get_subset(known)


def source_config(config: Config) -> dict | None:
    """Return the config of a training's source dataset, of several the first; None for none."""
    return next(iter(source_configs(config)), None)


def truly_labelled_sources(config: Config) -> list[dict]:
    """Return the configs of a training's source datasets but for those of pseudo-labels."""
    return [one for one in source_configs(config) if not has_pseudo_labels(one["data_root"])]


def source_configs(config: Config) -> list[dict]:
    """Return the configs of all of a training's source datasets."""
    paired = (config.get("train_dataloader") or {}).get("dataset") or {}
    source = paired.get("source")
    return [dict(one) for one in source.get("datasets", [source])] if source else []


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
