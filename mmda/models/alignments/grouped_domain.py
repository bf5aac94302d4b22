"""A domain's softmax maps, divided into groups (CDGA)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mmda.utils.distributed import weighted_batch_mean


@dataclass
class GroupedDomain:
    """One domain's softmax maps and groups.

    Attributes:
        probabilities: p, (N, C, H, W).
        features: The backbone's feature map (N, D, h, w).
        groups: H, (N, K, H, W); 0 where a pixel does not count.
        distributions: Q, (N, K, C).
        mask: Which pixels count, (N, H, W) bool; None for all.
    """

    probabilities: Tensor
    features: Tensor
    groups: Tensor
    distributions: Tensor
    mask: Tensor | None

    def detached(self) -> tuple[Tensor, Tensor]:
        """Return p and H without gradient."""
        return self.probabilities.detach(), self.groups.detach()

    def mean_distributions(self) -> Tensor:
        """Return Q over the counted pixels of the batch of all processes, (K, C)."""
        shares = None if self.mask is None else self.mask.float().mean((1, 2))
        return weighted_batch_mean(self.distributions, shares)

    def use(self, condition: Tensor) -> GroupUse:
        """Return how the groups are used, together with the discriminator's ``condition``."""
        sums = self.groups.detach().sum((0, 2, 3))
        usage = sums / sums.sum().clamp(min=1)
        return GroupUse(usage, self.distributions.detach(), condition)


@dataclass
class GroupUse:
    """How one domain's groups were used in one iteration, without gradient.

    Attributes:
        usage: Each group's share of the pixels, (K,).
        distributions: Q, (N, K, C).
        condition: The class distributions that the discriminator got, (N, K, C).
    """

    usage: Tensor
    distributions: Tensor
    condition: Tensor
