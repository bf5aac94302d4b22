"""The form of a checkpoint from elsewhere, checked before anything relies on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mmda.errors import ConfigError
from mmda.raster.dataset.training_data import TrainingData
from mmda.utils.names import check_name

TEMPERATURE = "temperature"
"""Key in ``meta`` of what a calibrated model's logits are divided by."""


def check_content(checkpoint: Any, path: object) -> None:
    """Raise a :class:`ConfigError` unless a checkpoint has weights and metadata as ours have.

    Class names must be lines of text, as they get into tables, maps and polygons.

    Args:
        checkpoint: What was read.
        path: Its path, for the message.
    """
    require_dict(checkpoint, "it", path)
    state = require_dict(checkpoint.get("state_dict", checkpoint), "its `state_dict`", path)
    if odd := [key for key in state if not isinstance(key, str)]:
        raise unreadable(path, f"its `state_dict` has the key {odd[0]!r}, expected are names")
    meta = require_dict(checkpoint.get("meta") or {}, "its `meta`", path)
    temperature = meta.get(TEMPERATURE, 1.0)
    if not (isinstance(temperature, (int, float)) and 0 < temperature < math.inf):
        raise unreadable(path, f"its temperature is {temperature!r}, expected a positive number")
    data = require_dict(meta.get("dataset_meta") or {}, "its `dataset_meta`", path)
    classes = data.get("classes") or ()
    if not isinstance(classes, Sequence) or isinstance(classes, str):
        raise unreadable(path, f"its `classes` are {classes!r}, expected a list of names")
    try:
        for name in classes:
            check_name("class", name)
        if "training_data" in data:
            TrainingData.from_json(data["training_data"])
    except ConfigError as error:
        raise ConfigError(f"The checkpoint `{path}`: {error}") from None
    except (TypeError, AttributeError) as error:
        raise unreadable(path, f"its `training_data` is odd ({error})") from error


def require_dict(value: Any, what: str, path: object) -> Mapping[Any, Any]:
    """Return a part of a checkpoint, or raise a :class:`ConfigError` if it is no dict."""
    if isinstance(value, Mapping):
        return value
    raise unreadable(path, f"{what} is a {type(value).__name__}, expected a dict")


def unreadable(path: object, reason: str) -> ConfigError:
    """Return the error for a file that is no checkpoint."""
    return ConfigError(
        f"The checkpoint `{path}` cannot be read: {reason}. It is damaged or not a checkpoint; use "
        "an earlier one or download it again."
    )
