"""What a checkpoint tells of how well its model did in validation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_PREFIX = "val/"


def validation_metrics(checkpoint: Mapping[str, Any], path: str | Path) -> dict[str, float]:
    """Return the model's own metrics by name, such as ``mIoU``; empty where it holds none.

    A checkpoint that is written at an interval is older than the validation after it, so its
    history tells of earlier weights. One that is written as the best so far (``save_best``) holds
    the metrics that made it the best.

    Args:
        checkpoint: Its content.
        path: Its path, by whose name it knows itself.
    """
    hub = checkpoint.get("message_hub")
    if not isinstance(hub, Mapping):
        return {}
    info, history = hub.get("runtime_info"), hub.get("log_scalars")
    if not (isinstance(info, Mapping) and isinstance(history, Mapping)):
        return {}
    best = (str(value) for key, value in info.items() if str(key).startswith("best_ckpt"))
    if Path(path).name not in {Path(name).name for name in best}:
        return {}
    found = {
        name.removeprefix(_PREFIX): _last(values)
        for name, values in history.items()
        if isinstance(name, str) and name.startswith(_PREFIX)
    }
    return {name: value for name, value in sorted(found.items()) if math.isfinite(value)}


def _last(history: Any) -> float:
    """Return the latest value of a metric's history, NaN where it holds none."""
    try:
        return float(np.asarray(history["values"])[-1])
    except (TypeError, KeyError, IndexError, ValueError):
        return math.nan
