"""Source tiles as a model has learnt them, without chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

from mmda.engine.unlabelled_data import evaluation_pipeline

DOMAINS = ("source", "target")
CERTAIN = {"MatchDomain": {"prob": 1.0}, "MatchScale": {"spread": 1.0}}
"""Transforms that make source tiles like the target's, and what makes them do it always alike."""


def source_pipeline(config: Config, described: Mapping[str, Any]) -> list[dict]:
    """Return the transforms of source tiles that a model is judged on.

    They are loaded as in the config's test, and brought to the scale and the look that the training
    gave them for the target's sake, without its randomness: a model that has learnt the target's
    scale is not judged at another.

    Args:
        config: The model's config.
        described: The config of its source dataset.
    """
    load, *rest = evaluation_pipeline(config)
    return [load, *matching_steps(described), *rest]


def matching_steps(described: Mapping[str, Any]) -> list[dict]:
    """Return the steps that bring the source to the target's look and scale, without chance."""
    return [
        {**step, **CERTAIN[step["type"]]}
        for step in described.get("pipeline") or ()
        if step["type"] in CERTAIN and all(step.get(name) for name in DOMAINS)
    ]
