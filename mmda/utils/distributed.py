"""Reductions over processes through which gradients pass."""

from __future__ import annotations

import torch
from mmengine.dist import all_reduce, get_rank, get_world_size
from torch import Tensor
from torch.autograd.function import FunctionCtx


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


def weighted_batch_mean(values: Tensor, weights: Tensor | None) -> Tensor:
    """Return :func:`batch_mean` with a weight per sample; 0 where all weights are 0.

    Args:
        values: (N, ...).
        weights: (N,), 0 or more; None for equal weights.
    """
    if weights is None and get_world_size() == 1:
        return values.mean(0)
    if weights is None:
        weights = values.new_ones(len(values))
    weighted = values.flatten(1) * weights[:, None]
    sums = batch_mean(torch.cat([weighted, weights[:, None].to(values)], 1))
    total, weight = sums[:-1], sums[-1]
    return (total / weight.where(weight > 0, 1)).view(values.shape[1:])


def counted_mean(values: Tensor, counted: Tensor | None) -> Tensor:
    """Return a loss whose average over processes is the mean of the values that count.

    Args:
        values: Any shape.
        counted: Which values count, bool, of a shape that broadcasts to that of ``values``; None
            for all.

    Returns:
        A scalar; 0, with a gradient of 0, where no value counts in any process.
    """
    if counted is None and get_world_size() == 1:
        return values.mean()
    if counted is not None:
        counted = counted.expand_as(values)
        values = values.where(counted, 0)
    if counted is None:
        count = torch.full((), values.numel(), dtype=torch.float32, device=values.device)
    else:
        count = counted.sum().float()
    all_reduce(count, "mean")
    return values.sum() / count.where(count > 0, 1)


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
    total: Tensor = _SumOfProcesses.apply(values)
    return total


class _SumOfProcesses(torch.autograd.Function):
    """The sum over processes; its gradient is that of all processes together."""

    @staticmethod
    def forward(ctx: FunctionCtx, values: Tensor) -> Tensor:
        return _summed(values)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return _summed(gradient)


def _summed(values: Tensor) -> Tensor:
    total = values.clone(memory_format=torch.contiguous_format)
    all_reduce(total)
    return total
