"""The modes of a source domain's label patches."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn

from mmda.errors import ConfigError, DataError
from mmda.models.patches.descriptors import Grid, patch_descriptors
from mmda.utils.files import atomic_path

NO_MODE = -100
"""Mode of a patch of which too little is labelled: what PyTorch's cross-entropy ignores."""


class PatchModes(nn.Module):
    """Centroids of label patches, and which of them a patch is nearest to.

    They are kept in the checkpoint. Modes are found online from the label map that the student
    sees, so crops, flips and scales need no care.

    Args:
        num_classes: Number of classes C.
        num_modes: Number of modes K, 2 or more.
        grid: Rows U and columns V of patches.
        least: Share of a patch that must be labelled, in (0, 1]: others have no mode.
        file: Where :meth:`require` finds the centroids; a checkpoint's are enough without it.

    Attributes:
        centroids: (K, 4 * C), see :func:`patch_descriptors`.
        found: Whether the centroids are those of data, a bool.

    Raises:
        ConfigError: When an argument is out of its range.
    """

    centroids: Tensor
    found: Tensor

    def __init__(
        self,
        num_classes: int,
        num_modes: int,
        grid: Grid,
        least: float = 0.5,
        file: str | None = None,
    ) -> None:
        super().__init__()
        if num_modes < 2 or min(grid) < 1 or not 0 < least <= 1:
            raise ConfigError(
                "Patch modes: expected 2 modes or more, a grid of 1 x 1 or more and a share of "
                f"labelled pixels in (0, 1], got {num_modes}, {tuple(grid)} and {least}."
            )
        self.num_classes, self.grid, self.least = num_classes, (grid[0], grid[1]), least
        self.register_buffer("centroids", torch.zeros(num_modes, 4 * num_classes))
        self.register_buffer("found", torch.zeros((), dtype=torch.bool))
        self.file, self._known = file, False

    def set(self, centroids: Tensor) -> None:
        """Take centroids (K, 4 * C)."""
        self.centroids.copy_(centroids)
        self.found.fill_(True)

    def descriptors(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return descriptors (N, U, V, 4 * C) of labels (N, H, W), and which patches count."""
        vectors, shares = patch_descriptors(labels, self.num_classes, self.grid)
        return vectors, shares >= self.least

    @torch.no_grad()
    def forward(self, labels: Tensor) -> Tensor:
        """Return the nearest mode of each patch, (N, U, V) int64; :data:`NO_MODE` for none.

        Args:
            labels: Class ids (N, H, W), 255 = ignore.

        Raises:
            ConfigError: When no modes were found.
        """
        self.require()
        vectors, counted = self.descriptors(labels)
        nearest = torch.cdist(vectors.flatten(0, 2), self.centroids).argmin(1)
        return nearest.view(counted.shape).where(counted, NO_MODE)

    def require(self) -> None:
        """Read the file where there are no centroids yet. Looking waits for the device, once.

        Raises:
            ConfigError: When there are none and no file is named.
            DataError: When the file holds none.
        """
        if self._known:
            return
        if not bool(self.found) and self.file is not None:
            self.read(self.file)
        if not bool(self.found):
            raise ConfigError(
                "PatchAlignment has no modes. Add `dict(type='PatchModesHook')` to `custom_hooks`, "
                "or name a file of `mmda discover-patch-modes` in `modes`."
            )
        self._known = True

    def write(self, path: str | Path, classes: tuple[str, ...]) -> None:
        """Write the centroids, the grid and the names of the classes as a ``.npz`` file."""
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                centroids=self.centroids.cpu().numpy(),
                grid=np.array(self.grid),
                classes=np.array(classes, dtype=str),
            )

    def read(self, path: str | Path) -> None:
        """Take the centroids that :meth:`write` wrote.

        Raises:
            DataError: When the file is missing or holds something else.
            ConfigError: When it has another number of modes or classes, or another grid.
        """
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as found:
                content: dict[str, Any] = {name: found[name] for name in ("centroids", "grid")}
        except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise DataError(
                f"`{path}` holds no patch modes ({error}). Make them with `mmda "
                "discover-patch-modes`."
            ) from error
        shape, grid = content["centroids"].shape, tuple(int(side) for side in content["grid"])
        if shape != tuple(self.centroids.shape) or grid != self.grid:
            raise ConfigError(
                f"`{path}` has {shape[0]} modes of {shape[-1] // 4} classes on a grid of {grid}; "
                f"the config has {len(self.centroids)}, {self.num_classes} and {self.grid}. Set "
                "`num_modes`, `num_classes` and `grid` of PatchAlignment to the file's."
            )
        self.set(torch.from_numpy(content["centroids"]))
