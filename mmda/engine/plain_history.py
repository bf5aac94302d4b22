"""The history of scalars in a checkpoint: tensors in place of MMEngine's objects.

So all versions of PyTorch read our checkpoints with ``weights_only=True``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

KEY = "log_scalars"


def plain_hub(hub: dict[str, Any]) -> dict[str, Any]:
    """Return the state of MMEngine's message hub with tensors and numbers in place of objects."""
    scalars = {
        name: {
            "values": torch.from_numpy(history.data[0]),
            "counts": torch.from_numpy(history.data[1]),
            "max_length": history.max_length,
        }
        for name, history in hub[KEY].items()
    }
    info = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in hub["runtime_info"].items()
    }
    return {**hub, KEY: scalars, "runtime_info": info}


def restored_hub(hub: dict[str, Any]) -> dict[str, Any]:
    """Undo :func:`plain_hub`; a state that MMEngine's own hook has written stays as it is."""
    return {**hub, KEY: {name: _restored(history) for name, history in hub[KEY].items()}}


def _restored(history: Any) -> Any:
    if not isinstance(history, dict):
        return history
    values, counts = (history[name].cpu().numpy() for name in ("values", "counts"))
    return HistoryBuffer(values, counts, history["max_length"])
