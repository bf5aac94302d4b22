"""Draws a grouping's groups during the training."""

from __future__ import annotations

from pathlib import Path

import cv2
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.registry import HOOKS
from mmda.utils import atomic_path
from mmda.visualisation.domains import open_domain, read_shown
from mmda.visualisation.drawing import figure_picture
from mmda.visualisation.group_maps import group_alignments, soft_figure
from mmda.visualisation.tsne import Pair


@HOOKS.register_module()
class GroupMapsHook(Hook):
    """Draw all groups of a source and a target image, always the same two (CDGA, Fig. 3).

    The hook writes ``<work_dir>/group_maps/<alignment>_iter_<n>.png`` and passes the picture to the
    visualizer, so that a ``TensorboardVisBackend`` in the config shows it. The training is not
    changed: a run with the hook ends with the same weights as one without.

    Args:
        interval: Number of iterations between two pictures; the first one is drawn before the
            training.
        source_index: Index of the source image in the training set, from 0.
        target_index: Index of the target image in the set of ``split``, from 0.
        split: Set of the target image: ``'val'``, ``'test'``, or ``'train'``, for which no truth is
            shown.

    Raises:
        ConfigError: When ``interval`` is below 1.
    """

    priority = "LOW"

    def __init__(
        self, interval: int = 1000, source_index: int = 0, target_index: int = 0, split: str = "val"
    ) -> None:
        if interval < 1:
            raise ConfigError(f"GroupMapsHook: `interval` must be 1 or more, got {interval}.")
        self.interval, self.split = interval, split
        self.source_index, self.target_index = source_index, target_index
        self._pair: Pair | None = None
        self._meta: dict = {}

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Read the two images, so that errors in their settings come before the training."""
        source, target = (
            open_domain(runner.cfg, domain, self.split) for domain in ("source", "target")
        )
        self._pair = (
            read_shown(source, self.source_index, "source_index"),
            read_shown(target, self.target_index, "target_index"),
        )
        self._meta = source.metainfo
        if runner.iter == 0:
            self._draw(runner, 0)

    @master_only
    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Draw the groups every ``interval`` iterations."""
        if self.every_n_train_iters(runner, self.interval):
            self._draw(runner, runner.iter + 1)

    def _draw(self, runner: Runner, step: int) -> None:
        assert self._pair is not None
        model = unwrapped(runner.model)
        for name, alignment in group_alignments(model).items():
            picture = figure_picture(soft_figure(model, alignment, self._pair, self._meta))
            path = Path(runner.work_dir) / "group_maps" / f"{name}_iter_{step}.png"
            with atomic_path(path) as temporary:
                cv2.imwrite(str(temporary), picture[..., ::-1])
            runner.visualizer.add_image(f"{name}.group_maps", picture, step)
