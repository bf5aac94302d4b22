"""Reductions over processes that gradients pass through."""

from __future__ import annotations

from mmengine.dist import get_world_size
from torch import Tensor


def batch_mean(values: Tensor) -> Tensor:
    """Return the mean over the batch of all processes; gradients reach every process.

    A loss that is not linear in a batch's statistics is then the same for W processes with
    batches of n as for one with W * n, after MMEngine averages the gradients.

    Args:
        values: (N, ...), N equal in all processes.

    Returns:
        (...), the same in all processes.
    """
    mean = values.mean(0)
    processes = get_world_size()
    if processes == 1:
        return mean
    from torch.distributed.nn.functional import all_reduce

    total: Tensor = all_reduce(mean.contiguous())
    return total / processes
