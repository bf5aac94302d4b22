"""The source and target tiles that a trained model is judged on, loaded without chance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmda.engine.source_pipeline import DOMAINS, matching_steps, source_pipeline
from mmda.engine.unlabelled_data import (
    evaluation_pipeline,
    known_holes,
    target_dataset,
    truly_labelled_sources,
)
from mmda.registry import DATASETS

ALWAYS = {"labelled_tiles": None, "only_tiles": None, "test_mode": True}


def target_tiles(
    config: Config, data: str | Path | None, split: str | None, *, tested: bool = False
) -> dict:
    """Return the config of the dataset of unlabelled target tiles, loaded as in the config's test.

    The arguments and errors are those of :func:`~mmda.engine.unlabelled_data.target_dataset`.
    """
    described = target_dataset(config, data, split, tested=tested)
    pipeline = list(evaluation_pipeline(config))
    return {**described, "labelled": False, "pipeline": pipeline, **ALWAYS}


def tested_tiles(config: Config) -> dict | None:
    """Return the config of the dataset of the config's test, or None where it is not there."""
    described = (config.get("test_dataloader") or {}).get("dataset") or {}
    root = described.get("data_root")
    if root is None or not Path(root).is_dir():
        return None
    pipeline = list(evaluation_pipeline(config))
    return {"split": "test", **described, "pipeline": pipeline, **ALWAYS}


def source_tiles(config: Config) -> dict | None:
    """Return the config of the dataset of labelled source tiles.

    They are loaded by :func:`~mmda.engine.source_pipeline.source_pipeline`. Pseudo-labels are no
    labels to judge by, so a source of them is passed over.

    Returns:
        The config; ``None`` without a labelled source, or where its data have not come along.
    """
    described = next(iter(truly_labelled_sources(config)), None)
    if described is None or not described.get("labelled", True):
        return None
    steps = matching_steps(described)
    folders = [described["data_root"], *(step[name] for step in steps for name in DOMAINS)]
    if not all(Path(folder).is_dir() for folder in folders):
        return None
    pipeline = source_pipeline(config, described)
    return {**described, "labelled": True, "pipeline": pipeline, **ALWAYS}


def open_tiles(described: Mapping[str, Any]) -> Any:
    """Build the dataset of a config, without tiles that do not tell where they have data.

    Raises:
        ConfigError: When no tile tells it.
        DataError: When the dataset cannot be opened.
    """
    init_default_scope("mmda")
    return known_holes(DATASETS.build(dict(described)))
