"""Finds the modes of patch-level alignment before the training."""

from __future__ import annotations

import torch
from mmengine.dist import broadcast, get_dist_info
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.source_patches import source_patches
from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.models.alignments import PatchAlignment
from mmda.models.patches import PatchModes, discover_modes
from mmda.registry import HOOKS


@HOOKS.register_module()
class PatchModesHook(Hook):
    """Find the modes of every :class:`~mmda.models.PatchAlignment` that has none yet.

    Modes that a config's file or a checkpoint has brought are kept. The result depends on the seed
    and not on the number of processes.

    Args:
        images: Number of source images whose label patches are clustered. With a grid of 20 x 20,
            500 images have 200,000 patches.
        seed: Seed of the choice of images, of their crops and of k-means.

    Raises:
        ConfigError: When ``images`` is below 1, or the training has no source.
    """

    priority = "NORMAL"

    def __init__(self, images: int = 500, seed: int = 0) -> None:
        if images < 1:
            raise ConfigError(f"PatchModesHook: `images` must be 1 or more, got {images}.")
        self.images, self.seed = images, seed

    def before_train(self, runner: Runner) -> None:
        """Find the modes that are missing, once a checkpoint has been loaded."""
        for name, alignment in unwrapped(runner.model).alignments.items():
            if isinstance(alignment, PatchAlignment) and not bool(alignment.modes.found):
                count = self._find(runner, alignment.modes)
                runner.logger.info(
                    f"{name}: {len(alignment.modes.centroids)} modes found in {count} patches of "
                    f"{self.images} source images"
                )

    def _find(self, runner: Runner, modes: PatchModes) -> int:
        source = getattr(runner.train_dataloader.dataset, "source", None)
        if source is None:
            raise ConfigError(
                "PatchModesHook: modes are found in the source's labels, but the training has no "
                "source. Name a file with modes in `PatchAlignment.modes`."
            )
        # On the CPU: the buffers may lie on a GPU.
        own = PatchModes(modes.num_classes, len(modes.centroids), modes.grid, modes.least)
        rank = get_dist_info()[0]
        vectors = source_patches(source, own, self.images, self.seed, progress=rank == 0)
        if rank == 0:
            modes.set(torch.from_numpy(discover_modes(vectors, len(own.centroids), self.seed)))
        broadcast(modes.centroids)
        modes.set(modes.centroids)
        return len(vectors)
