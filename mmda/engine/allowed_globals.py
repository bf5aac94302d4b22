"""What else than tensors and plain values may be in a checkpoint: MMEngine's history of scalars.

mmda's own checkpoints hold it as plain values, see :mod:`mmda.engine.plain_history`; those that
MMEngine's hook wrote, such as MMSegmentation's, hold objects. Stand-ins with the same content
replace them, so that a checkpoint gets neither ``getattr`` nor a function of its choice.
"""

from __future__ import annotations

import pickle
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

STATISTICS = ("min", "max", "current", "mean")
DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")


class History(HistoryBuffer):
    """A history of scalars that takes nothing but numbers from a checkpoint."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the values, and leave the functions aside."""
        values, counts = (np.asarray(state[key]) for key in ("_log_history", "_count_history"))
        self.__init__(values, counts, int(state["max_length"]))  # type: ignore[misc]


def statistic(owner: Any, name: str) -> str:
    """Stand in for ``getattr``, with which a pickled history names its statistics.

    Raises:
        UnpicklingError: When anything but a statistic of the history is asked for.
    """
    if owner is not History or name not in STATISTICS:
        raise pickle.UnpicklingError("Unsupported global: GLOBAL builtins.getattr was not allowed")
    return name


def allowed_globals() -> AbstractContextManager[Any]:
    """Return a context in which ``torch.load(weights_only=True)`` reads MMEngine's histories.

    Versions of PyTorch that cannot replace what a pickle names (before 2.6) get the empty list.
    """
    if not _replaces_names():
        return nullcontext()
    makers: Any = (np.zeros(0).__reduce__()[0], np.float64(0).__reduce__()[0])
    arrays = [
        (maker, f"numpy.{core}.multiarray.{maker.__name__}")  # NumPy 1 and 2
        for maker in makers
        for core in ("core", "_core")
    ]
    dtypes = [type(np.dtype(name)) for name in DTYPES]
    return torch.serialization.safe_globals(
        [
            (History, "mmengine.logging.history_buffer.HistoryBuffer"),
            (statistic, "builtins.getattr"),
            *arrays,
            np.ndarray,
            np.dtype,
            *dtypes,
        ]
    )


def _replaces_names() -> bool:
    major, minor = (int(part) for part in torch.__version__.split(".")[:2])
    return (major, minor) >= (2, 6)
