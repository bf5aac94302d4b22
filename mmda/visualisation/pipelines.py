"""Pipelines for figures: without augmentation, but with the colour maps of the training."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from mmengine.config import Config

from mmda.errors import ConfigError

PLAIN = ("Load", "Resize", "Pack")  # beginnings of the names of transforms that do not augment
COLOUR_MAP = "Match"  # beginning of the names of transforms that change a domain's look


def find_set(config: Config, domain: str, split: str) -> tuple[str, Any]:
    """Return the key of a domain's dataset in a config, and its value, or None.

    Args:
        config: A training config.
        domain: ``'source'``, for which the training set is used, or ``'target'``.
        split: Set of the target images: ``'train'``, ``'val'`` or ``'test'``.
    """
    if domain == "source" or split == "train":
        both = (config.get("train_dataloader") or {}).get("dataset") or {}
        return f"train_dataloader.dataset.{domain}", both.get(domain)
    return f"{split}_dataloader.dataset", (config.get(f"{split}_dataloader") or {}).get("dataset")


def without_augmentation(dataset: dict, maps: Sequence[dict] | None = None) -> dict:
    """Return a dataset's config whose pipelines, also inside wrappers, do not augment.

    Args:
        dataset: The dataset's config.
        maps: Colour maps that replace those of the pipelines; None to keep these.
    """
    dataset = copy.deepcopy(dataset)
    for part in _with_pipeline(dataset):
        part["pipeline"] = _plain_steps(part["pipeline"], maps)
    return dataset


def colour_maps(config: Config, domain: str, split: str) -> list[dict]:
    """Return the colour maps that are applied to all of a domain's images.

    Raises:
        ConfigError: When the domain has several pipelines with different colour maps.
    """
    _, dataset = find_set(config, domain, split)
    found = [[s for s in part["pipeline"] if _is_map(s)] for part in _with_pipeline(dataset)]
    if any(maps != found[0] for maps in found):
        raise ConfigError(
            f"The config `{config.filename}` has pipelines with different colour maps for its "
            f"{domain} images, so that it is not clear which of them the images of another config "
            "should get. Name this config first."
        )
    return copy.deepcopy(found[0]) if found else []


def _with_pipeline(part: Any) -> Iterator[dict]:
    """Yield every config with a pipeline in a dataset's config, wrappers included."""
    if isinstance(part, (list, tuple)):
        for one in part:
            yield from _with_pipeline(one)
    elif isinstance(part, dict):
        if "pipeline" in part:
            yield part
        for key, value in part.items():
            if key != "pipeline":
                yield from _with_pipeline(value)


def _plain_steps(pipeline: Sequence[dict], maps: Sequence[dict] | None) -> list[dict]:
    kept = [step for step in pipeline if _starts(step, PLAIN) or _is_map(step)]
    if maps is None:
        return kept
    plain = [step for step in kept if not _is_map(step)]
    loads = [step for step in plain if _starts(step, ("Load",))]
    return [*loads, *copy.deepcopy(maps), *(step for step in plain if step not in loads)]


def _is_map(step: dict) -> bool:
    """Return whether a step is a colour map that is applied to every image."""
    return _starts(step, (COLOUR_MAP,)) and step.get("prob", 1.0) >= 1


def _starts(step: dict, names: tuple[str, ...]) -> bool:
    return str(step["type"]).startswith(names)
