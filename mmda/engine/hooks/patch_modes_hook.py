"""Finds the modes of patch-level alignment before the training."""

from __future__ import annotations

from mmengine.dist import broadcast, get_dist_info
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.patch_modes import find_modes
from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.models.alignments import PatchAlignment
from mmda.models.patches import PatchModes
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
        ConfigError: Before the training, when ``images`` is below 1 or there is no source.
    """

    priority = "NORMAL"

    def __init__(self, images: int = 500, seed: int = 0) -> None:
        self.images, self.seed = images, seed

    def before_train(self, runner: Runner) -> None:
        """Find the modes that are missing, once a checkpoint has been loaded."""
        for name, alignment in unwrapped(runner.model).alignments.items():
            if not isinstance(alignment, PatchAlignment) or bool(alignment.modes.found):
                continue
            if alignment.modes.file is not None:
                alignment.modes.require()
                runner.logger.info(f"{name}: modes of `{alignment.modes.file}`")
            else:
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
        # On the CPU: the model's may lie on a GPU. All processes find the same; one is believed.
        own = PatchModes(modes.num_classes, len(modes.centroids), modes.grid, modes.least)
        count = find_modes(source, own, self.images, self.seed, get_dist_info()[0] == 0)
        modes.set(own.centroids)
        broadcast(modes.centroids)
        return count
