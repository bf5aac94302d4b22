"""Mean and variance of all values of a data set, batch by batch."""

from __future__ import annotations

import torch
from mmengine.dist import all_gather
from torch import Tensor


class Moments:
    """Count, mean and sum of squared deviations per channel, pooled exactly over batches.

    Batches are merged by the formula of Chan et al. 1979, in float64. So the result is that of all
    values at once, to rounding, however they are divided into batches.

    Args:
        channels: Number of channels C.
        device: Where the values are kept.

    Attributes:
        count: Number of values, or the sum of their weights.
        mean: (C,) float64.
        squares: Sum of squared deviations from the mean, (C,) float64.
    """

    def __init__(self, channels: int, device: torch.device | None = None) -> None:
        self.count = torch.zeros((), dtype=torch.float64, device=device)
        self.mean = torch.zeros(channels, dtype=torch.float64, device=device)
        self.squares = torch.zeros_like(self.mean)

    @classmethod
    def of(cls, maps: Tensor, weights: Tensor | None = None) -> Moments:
        """Return the moments of feature maps.

        Args:
            maps: (N, C, h, w).
            weights: Weight of each cell, (N, h, w); None for 1 each. Cells of weight 0 may hold
                anything, also NaN.
        """
        found = cls(maps.shape[1], maps.device)
        values = maps.detach().float().transpose(0, 1).flatten(1)  # (C, N * h * w)
        if weights is None:
            found.count += values.shape[1]
            mean = values.mean(1, keepdim=True)
            squares = (values - mean).square().sum(1)
        else:
            flat = weights.flatten().float()
            values, flat = values[:, flat > 0], flat[flat > 0]
            found.count += flat.sum()
            mean = (values * flat).sum(1, keepdim=True) / flat.sum().clamp(min=1e-12)
            squares = ((values - mean).square() * flat).sum(1)
        found.mean += mean[:, 0]
        found.squares += squares
        return found

    def add(self, other: Moments) -> None:
        """Merge the moments of further values into these."""
        total = self.count + other.count
        if total == 0:
            return
        distance = other.mean - self.mean
        self.mean += distance * (other.count / total)
        self.squares += other.squares + distance.square() * (self.count * other.count / total)
        self.count = total

    def of_all_processes(self) -> Moments:
        """Return the moments of the values of all processes, equal in each of them."""
        total = Moments(len(self.mean), self.mean.device)
        for one in all_gather(torch.cat([self.count[None], self.mean, self.squares])):
            part = Moments(len(self.mean), self.mean.device)
            part.count, (part.mean, part.squares) = one[0], one[1:].chunk(2)
            total.add(part)
        return total

    @property
    def variance(self) -> Tensor:
        """The variance by which batch norm divides in training, (C,): divided by the count."""
        return self.squares / self.count

    @property
    def running_variance(self) -> Tensor:
        """The variance that batch norm keeps, (C,): divided by the count less 1, as in PyTorch."""
        return self.squares / (self.count - 1).clamp(min=1)
