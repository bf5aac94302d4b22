"""What a patch holds: the share of each class in its four quarters."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

Grid = tuple[int, int]


def patch_descriptors(labels: Tensor, num_classes: int, grid: Grid) -> tuple[Tensor, Tensor]:
    """Return the class histograms of the quarters of all patches (Tsai et al. 2019, section 3.2).

    The image is divided into a grid of patches, and each patch into 2 x 2 quarters. The paper does
    not say how ignored pixels are treated. Here all four histograms are divided by the patch's
    number of labelled pixels, so that the descriptor sums to 1.

    Args:
        labels: Class ids (N, H, W); ids of ``num_classes`` or more are ignored.
        num_classes: Number of classes C.
        grid: Rows U and columns V of patches.

    Returns:
        Descriptors (N, U, V, 4 * C), float32: upper left, upper right, lower left, lower right
        quarter, 0 where no pixel is labelled; and the share of labelled pixels (N, U, V).
    """
    rows, columns = grid
    classes = torch.arange(num_classes, device=labels.device)[:, None, None]
    one_hot = (labels[:, None] == classes).float()
    quarters = F.adaptive_avg_pool2d(one_hot, (2 * rows, 2 * columns))
    parts = quarters.unflatten(2, (rows, 2)).unflatten(4, (columns, 2))  # N, C, U, 2, V, 2
    vectors = parts.permute(0, 2, 4, 3, 5, 1).flatten(3)
    total = vectors.sum(-1)
    return vectors / total.where(total > 0, 1)[..., None], total / 4


def pool_counted(maps: Tensor, counted: Tensor | None, size: Grid) -> tuple[Tensor, Tensor | None]:
    """Return the means of maps over the cells of a coarser grid, of the pixels that count.

    Args:
        maps: (N, C, h, w).
        counted: Which pixels count, (N, h, w) bool; None for all. The others may hold anything.
        size: Rows and columns of the coarser grid.

    Returns:
        Means (N, C, rows, columns), 0 where nothing counts; and the share of each cell that counts,
        (N, rows, columns), or None for all of it.
    """
    if counted is None:
        return F.adaptive_avg_pool2d(maps, size), None
    sums = F.adaptive_avg_pool2d(maps.where(counted[:, None], 0), size)
    shares = F.adaptive_avg_pool2d(counted[:, None].to(maps.dtype), size)
    return sums / shares.where(shares > 0, 1), shares[:, 0]
