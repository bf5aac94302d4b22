"""Reductions over processes through which gradients pass."""

from __future__ import annotations

import torch
from mmengine.dist import get_rank, get_world_size
from torch import Tensor


def batch_mean(values: Tensor) -> Tensor:
    """Return the mean over the batch of all processes; gradients reach every process.

    With it, a loss that is not linear in a batch's statistics has the same gradients for W
    processes with batches of n as for one process with W * n, after MMEngine has averaged them.

    Args:
        values: (N, ...), where N is equal in all processes.

    Returns:
        (...), the same in all processes.
    """
    mean = values.mean(0)
    processes = get_world_size()
    return mean if processes == 1 else _sum_of_processes(mean) / processes


def batch_max(values: Tensor) -> Tensor:
    """Return the maximum over the batch of all processes; gradients as in :func:`batch_mean`.

    Args:
        values: (N, ...); N may differ between processes. Several equal maxima share the gradient.

    Returns:
        (...), the same in all processes.
    """
    maxima = values.amax(0)
    processes = get_world_size()
    if processes == 1:
        return maxima
    slots = [torch.zeros_like(maxima)] * processes
    slots[get_rank()] = maxima
    return _sum_of_processes(torch.stack(slots)).amax(0)


def _sum_of_processes(values: Tensor) -> Tensor:
    from torch.distributed.nn.functional import all_reduce

    total: Tensor = all_reduce(values.contiguous())
    return total
