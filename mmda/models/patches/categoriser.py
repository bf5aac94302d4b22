"""The module that tells a patch's mode from the predictions inside it."""

from __future__ import annotations

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmda.models.patches.descriptors import Grid, pool_counted


class PatchCategoriser(BaseModule):
    """Module H: logits of the classes to logits of the modes (Tsai et al. 2019, section 3.4).

    The logits are averaged over the quarters of all patches; a 2 x 2 convolution of stride 2 turns
    the quarters of a patch into one vector of 4 * C channels, and after a ReLU a 1 x 1 convolution
    gives K values.

    Args:
        num_classes: Number of classes C.
        num_modes: Number of modes K.
        grid: Rows U and columns V of patches.
        init_cfg: Initialisation, as in MMEngine; the convolutions' own by default.
    """

    def __init__(
        self,
        num_classes: int,
        num_modes: int,
        grid: Grid,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.grid = grid
        self.layers = nn.Sequential(
            nn.Conv2d(num_classes, 4 * num_classes, 2, stride=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(4 * num_classes, num_modes, 1),
        )

    def forward(self, logits: Tensor, counted: Tensor | None = None) -> Tensor:
        """Return the modes' logits (N, K, U, V).

        Args:
            logits: A head's logits (N, C, h, w).
            counted: Which of their pixels count, (N, h, w) bool; None for all.
        """
        rows, columns = self.grid
        quarters, _ = pool_counted(logits, counted, (2 * rows, 2 * columns))
        return self.layers(quarters)
