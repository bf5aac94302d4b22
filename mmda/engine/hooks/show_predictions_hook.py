"""Pictures of predictions."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.registry import HOOKS
from mmda.report import overlay, to_rgb
from mmda.utils import atomic_path


@HOOKS.register_module()
class ShowPredictionsHook(Hook):
    """Write a picture of each test sample: image, truth and prediction side by side.

    Args:
        show_dir: Folder of the pictures, ``<tile>.png``.
    """

    def __init__(self, show_dir: str) -> None:
        self.show_dir = Path(show_dir)

    def after_test_iter(
        self, runner: Runner, batch_idx: int, data_batch: object = None, outputs: list | None = None
    ) -> None:
        """Write the pictures of one batch."""
        dataset = runner.test_dataloader.dataset
        palette = dataset.metainfo["palette"]
        for sample in outputs or ():
            image = dataset.read_image(sample.metainfo["sample_idx"])
            picture = to_rgb(np.moveaxis(image, -1, 0))
            masks = (sample.gt_sem_seg, sample.pred_sem_seg)
            painted = [
                overlay(picture, mask.data[0].cpu().numpy().astype(np.uint8), palette)
                for mask in masks
            ]
            with atomic_path(self.show_dir / f"{sample.metainfo['tile']}.png") as temporary:
                cv2.imwrite(str(temporary), np.concatenate([picture, *painted], 1)[..., ::-1])
