"""The model inside a distributed wrapper."""

from __future__ import annotations

from typing import Any

from mmengine.model import is_model_wrapper
from torch import nn


def unwrapped(model: nn.Module) -> Any:
    """Return the model inside a distributed wrapper, or ``model`` itself if it has none.

    Args:
        model: A Runner's model.

    Returns:
        The model with the attributes of its own class, such as ``alignments``.
    """
    return model.module if is_model_wrapper(model) else model
