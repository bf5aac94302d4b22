"""Source features by class, with which target instances are matched (AIM, SIM)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FeatureBank(nn.Module):
    """A ring buffer of features per class; it is part of the checkpoint.

    All processes must push the same rows in the same order, so that their banks stay equal. No
    method waits for the device.

    Args:
        num_classes: Number of classes K.
        capacity: Number of features kept per class.
        channels: Length D of a feature.
    """

    features: Tensor
    cursor: Tensor
    filled: Tensor

    def __init__(self, num_classes: int, capacity: int, channels: int) -> None:
        super().__init__()
        self.capacity = capacity
        self.register_buffer("features", torch.zeros(num_classes, capacity, channels))
        self.register_buffer("cursor", torch.zeros(num_classes, dtype=torch.long))
        self.register_buffer("filled", torch.zeros(num_classes, dtype=torch.long))

    def holds(self, features: int) -> Tensor:
        """Return which classes have at least that many features or are full, (K,) bool."""
        return self.filled >= min(features, self.capacity)

    @torch.no_grad()
    def push(self, rows: Tensor, counted: Tensor) -> None:
        """Store features image by image; in a full buffer they replace the oldest.

        Args:
            rows: Features of N images, (N, K, M, D).
            counted: Which of them are stored, (N, K, M) bool.
        """
        rows, counted = rows.transpose(0, 1).flatten(1, 2), counted.transpose(0, 1).flatten(1)
        count = counted.sum(1)
        # The counted rows come first. Where more are counted than fit, the last ones are stored.
        order = torch.argsort(counted.int(), dim=1, descending=True, stable=True)
        first = (count - self.capacity).clamp(min=0)[:, None]
        number = first + torch.arange(min(rows.shape[1], self.capacity), device=rows.device)
        slots = (self.cursor[:, None] + number) % self.capacity  # all different
        new = torch.take_along_dim(rows, order.gather(1, number)[..., None], 1)
        old = torch.take_along_dim(self.features, slots[..., None], 1)
        stored = torch.where((number < count[:, None])[..., None], new.to(old.dtype), old)
        self.features.scatter_(1, slots[..., None].expand_as(stored), stored)
        self.cursor.copy_((self.cursor + count) % self.capacity)
        self.filled.copy_((self.filled + count).clamp(max=self.capacity))

    @torch.no_grad()
    def nearest(self, rows: Tensor) -> Tensor:
        """Return for each row the stored feature at the least L1 distance; 0 for an empty buffer.

        Args:
            rows: Features to compare, (N, K, M, D).

        Returns:
            (N, K, M, D), without gradient.
        """
        queries, stored = rows.transpose(0, 1).flatten(1, 2), self.features.to(rows.dtype)
        distances = torch.cdist(queries, stored, p=1)
        unfilled = torch.arange(self.capacity, device=rows.device) >= self.filled[:, None]
        chosen = distances.masked_fill(unfilled[:, None], torch.inf).argmin(2)
        found = torch.take_along_dim(stored, chosen[..., None], 1)
        return found.unflatten(1, (len(rows), -1)).transpose(0, 1)
