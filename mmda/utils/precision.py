"""Computing in float32 under automatic mixed precision."""

from __future__ import annotations

import torch
from torch import Tensor


def full_precision(like: Tensor) -> torch.autocast:
    """Return a context in which autocast does not lower products to half precision.

    Args:
        like: A tensor on the device of the computation.
    """
    return torch.autocast(like.device.type, enabled=False)


def widened(values: Tensor) -> Tensor:
    """Return half-precision values in float32, and other values unchanged."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values
