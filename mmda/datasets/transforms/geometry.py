"""Geometric transforms that mmcv does not have, or not for all maps of a sample."""

from __future__ import annotations

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms import Pad as ImagePad
from mmseg.datasets.transforms import Resize

from mmda.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomRotate90(BaseTransform):
    """Rotate image and label by a random multiple of 90 degrees, as nadir images have no upside.

    Required and modified keys: ``img``, ``gt_seg_map`` (optional), ``img_shape``.

    Args:
        prob: Probability of a rotation; 90, 180 and 270 degrees are equally probable.
    """

    def __init__(self, prob: float = 0.75) -> None:
        self.prob = prob

    def transform(self, results: dict) -> dict:
        """Rotate ``results``."""
        if np.random.rand() >= self.prob:
            return results
        turns = np.random.randint(1, 4)
        for key in ("img", *results.get("seg_fields", [])):
            results[key] = np.ascontiguousarray(np.rot90(results[key], turns))
        results["img_shape"] = results["img"].shape[:2]
        return results


@TRANSFORMS.register_module()
class ResizeImage(Resize):
    """Resize the image but not the label, for evaluation at the label's own size.

    The prediction is resized to ``ori_shape``, the size that was loaded, before it is compared.
    Arguments and keys as in MMSegmentation's ``Resize``.
    """

    def _resize_seg(self, results: dict) -> None:
        """Leave the label unchanged."""


@TRANSFORMS.register_module()
class Pad(ImagePad):
    """Pad the image and all its maps, whose padding is 255: no label, and it does not count.

    Arguments and keys as in mmcv's ``Pad``, which pads the label alone.
    """

    def _pad_seg(self, results: dict) -> None:
        """Pad the maps that ``seg_fields`` names."""
        value = self.pad_val.get("seg", 255)
        for key in results.get("seg_fields", []):
            results[key] = mmcv.impad(
                results[key],
                shape=results["pad_shape"][:2],
                pad_val=value,
                padding_mode=self.padding_mode,
            )
