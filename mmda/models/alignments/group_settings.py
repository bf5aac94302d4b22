"""The settings of CDGA's group alignment: checks and defaults."""

from __future__ import annotations

import math
from typing import Any

from mmda.errors import ConfigError
from mmda.models.discriminators import ConditionalDiscriminator
from mmda.models.grouping import GroupHead, Grouping
from mmda.models.losses import check_gan
from mmda.registry import MODELS

GROUPINGS = ("GroupHead", "KMeansGrouping", "NMFGrouping")
CONDITIONS = ("own", "shared")
WEIGHTS = {"co": 1e-3, "orth": 1e-3, "cadv": 1e-3, "cl": 1e-4}  # as published


def checked_weights(weights: dict[str, float]) -> dict[str, float]:
    """Return the weights with the published ones for those that are missing.

    Raises:
        ConfigError: When a name is unknown, a value is not a number of 0 or more, or all are 0.
    """
    if unknown := sorted(set(weights) - set(WEIGHTS)):
        raise ConfigError(f"GroupAlignment: unknown weights {unknown}; expected {sorted(WEIGHTS)}.")
    merged = {**WEIGHTS, **weights}
    numbers = [value for value in merged.values() if isinstance(value, (int, float))]
    valid = len(numbers) == len(merged) and all(math.isfinite(v) and v >= 0 for v in numbers)
    if not valid or not any(numbers):
        raise ConfigError(
            "GroupAlignment: weights must be numbers of 0 or more, at least one of them above 0; "
            f"got {merged}."
        )
    return merged


def check_settings(threshold: float, input_scale: float, gan: str, condition: str) -> None:
    """Raise a :class:`ConfigError` for a setting that is unknown or out of range."""
    check_gan(gan)
    if condition not in CONDITIONS:
        raise ConfigError(
            f"GroupAlignment: `condition` must be one of {', '.join(CONDITIONS)}, got {condition}."
        )
    if not 0 <= threshold <= 1:
        raise ConfigError(f"GroupAlignment: `threshold` (tau) must be in [0, 1], got {threshold}.")
    if not 0 < input_scale <= 4:
        raise ConfigError(
            f"GroupAlignment: `input_scale` must be above 0 and at most 4, got {input_scale}."
        )


def too_many_groups(groups: int, classes: int) -> str:
    """Return the warning about more groups than classes."""
    return (
        f"GroupAlignment: {groups} groups for {classes} classes. No more than {classes} class "
        f"distributions can be orthogonal: use `num_groups` of at most {classes}, unless you "
        "compare numbers of groups on purpose."
    )


def build_grouping(config: dict | str, num_groups: int, num_classes: int) -> Any:
    """Build a grouping; by default a :class:`~mmda.models.grouping.GroupHead`.

    Args:
        config: Config of the grouping, without ``num_groups``.
        num_groups: Number of groups K.
        num_classes: Number of classes C.

    Raises:
        ConfigError: When the config is not that of a grouping.
    """
    if not isinstance(config, dict) or "num_groups" in config:
        raise ConfigError(
            f"GroupAlignment: `grouping` must be a dict(type=..., ...) without `num_groups`, which "
            f"is an argument of GroupAlignment; got {config!r}."
        )
    config = {"type": "GroupHead", **config}
    kind = MODELS.get(config["type"])
    if kind is None or not issubclass(kind, Grouping):
        raise ConfigError(
            f"GroupAlignment: unknown grouping `{config['type']}`; expected one of "
            f"{', '.join(GROUPINGS)}."
        )
    if kind is GroupHead:
        config.setdefault("num_classes", num_classes)
    elif "in_channels" not in config:
        raise ConfigError(
            f"GroupAlignment: `{config['type']}` needs `in_channels`, the channels of the feature "
            "map (or of the softmax maps, with `source='probabilities'`) that it groups."
        )
    return MODELS.build({"num_groups": num_groups, **config})


def build_discriminator(config: dict, num_classes: int) -> Any:
    """Build the conditional discriminator for ``num_classes`` classes.

    Raises:
        ConfigError: When the config names another kind of discriminator.
    """
    config = {"type": "ConditionalDiscriminator", **config}
    kind = MODELS.get(config["type"])
    if kind is None or not issubclass(kind, ConditionalDiscriminator):
        raise ConfigError(
            f"GroupAlignment: the discriminator must be a ConditionalDiscriminator, got "
            f"`{config['type']}`."
        )
    return MODELS.build({"num_classes": num_classes, **config})
