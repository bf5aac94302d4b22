"""Shows what a model predicts while it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError, MMDAError
from mmda.models.alignments import DomainBatch, evaluating
from mmda.models.segmentors import UDASegmentor
from mmda.registry import HOOKS
from mmda.report.pictures import Picture, background_ids, overlay
from mmda.visualisation.domains import ShownImage, open_domain, run_pair, spread_pairs
from mmda.visualisation.tsne import Pair


@HOOKS.register_module()
class TargetPicturesHook(Hook):
    """Pass pictures of predictions to the visualizer, always of the same images of both domains.

    A picture has the image, its truth where it is labelled, and the prediction, side by side. The
    training is not changed: a run with the hook ends with the same weights as one without.

    Args:
        interval: Number of iterations between two pictures.
        images: Number of images of each domain.
        split: Set of the target images: ``'val'``, ``'test'``, or ``'train'``, for which no truth
            is shown.

    Raises:
        ConfigError: When ``interval`` or ``images`` is below 1.
    """

    priority = "LOW"

    def __init__(self, interval: int = 500, images: int = 2, split: str = "val") -> None:
        if min(interval, images) < 1:
            raise ConfigError(
                f"TargetPicturesHook: `interval` and `images` must be 1 or more, got {interval} "
                f"and {images}."
            )
        self.interval, self.images, self.split = interval, images, split
        self._pairs: list[Pair] = []
        self._meta: Mapping[str, Any] = {}

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Read the images; where a domain has none, the log says so and nothing is shown."""
        if not isinstance(unwrapped(runner.model), UDASegmentor):
            return
        try:
            source = open_domain(runner.cfg, "source")
            target = open_domain(runner.cfg, "target", self.split)
            count = min(self.images, len(source), len(target))
            self._pairs, self._meta = list(spread_pairs(source, target, count)), target.metainfo
        except MMDAError as error:
            runner.logger.warning(f"TargetPicturesHook shows no pictures: {error}")

    @master_only
    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Show the pictures every ``interval`` iterations."""
        if not self.every_n_train_iters(runner, self.interval):
            return
        model = unwrapped(runner.model)
        for number, pair in enumerate(self._pairs):
            batches = run_pair(model, *pair)
            with torch.no_grad(), evaluating(model):
                for (domain, batch), shown in zip(batches.items(), pair, strict=True):
                    picture = self._picture(shown, batch)
                    runner.visualizer.add_image(f"{domain}.{number}", picture, runner.iter + 1)

    def _picture(self, shown: ShownImage, batch: DomainBatch) -> Picture:
        height, width = shown.size
        predicted = batch.probabilities()[0, :, :height, :width].argmax(0).byte().cpu().numpy()
        masks = [predicted] if shown.truth is None else [shown.truth, predicted]
        hidden = background_ids(self._meta["classes"])
        painted = [
            overlay(shown.picture, mask, self._meta["palette"], transparent=hidden)
            for mask in masks
        ]
        return np.concatenate([shown.picture, *painted], axis=1)
