"""Non-negative least squares for many pixels at once."""

from __future__ import annotations

import torch
from torch import Tensor

RIDGE = 1e-12  # relative; components that depend on each other then share their activation
PART = 2**16  # pixels that are solved together, which bounds the memory
TRIES = 3  # exchanges of all components that may fail to bring a pixel nearer to its solution
LIMIT = 1000  # exchanges, for components between which rounding decides; 5 to 20 are usual


def solve_non_negative(gram: Tensor, target: Tensor) -> Tensor:
    r"""Return :math:`x \ge 0` with the least :math:`x^T G x / 2 - b^T x`, exact but for rounding.

    Block principal pivoting (Kim and Park 2011, Algorithm 1): each pixel has a set of components
    that are not 0 and for which the normal equations are solved. A component whose activation is
    negative leaves the set, and one whose gradient is negative enters it, all at once; where that
    brings a pixel no nearer for some time, one component at a time. It ends when no component has
    to move.

    Args:
        gram: G, the products of the components with each other, (K, K).
        target: b, the products of the components with each pixel, (M, K).

    Returns:
        (M, K) in float64.
    """
    gram = gram.double()
    diagonal = RIDGE * gram.diagonal().mean().clamp(min=torch.finfo(gram.dtype).tiny)
    gram = gram + diagonal * torch.eye(len(gram), device=gram.device, dtype=gram.dtype)
    return torch.cat([_solve(gram, part) for part in target.double().split(PART)])


def _solve(gram: Tensor, target: Tensor) -> Tensor:
    count, k = target.shape
    inside = torch.zeros_like(target, dtype=torch.bool)
    best = target.new_full((count,), k + 1)  # fewest components that had to move
    tries = torch.full_like(best, TRIES)
    limit = 1e-10 * target.abs().amax(1, keepdim=True)
    found = torch.zeros_like(target)
    for _ in range(LIMIT):
        gradient = found @ gram - target
        moving = torch.where(inside, found < 0, gradient < -limit)
        number = moving.sum(1)
        if not number.any():
            break
        nearer = number < best
        best = torch.where(nearer, number.to(best), best)
        tries = torch.where(nearer, TRIES, tries - 1)
        first = moving & (moving.cumsum(1) == 1)
        inside ^= torch.where((tries > 0)[:, None], moving, first)
        changed = number > 0
        found[changed] = _least_squares(gram, target[changed], inside[changed])
    return found.clamp(min=0)


def _least_squares(gram: Tensor, target: Tensor, inside: Tensor) -> Tensor:
    """Solve the normal equations for the components in each pixel's set; the others are 0."""
    both = inside[:, :, None] & inside[:, None]
    eye = torch.eye(len(gram), device=gram.device, dtype=gram.dtype)
    return torch.linalg.solve(gram.where(both, eye), target.where(inside, 0))
