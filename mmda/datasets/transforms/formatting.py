"""Packing a sample for the model."""

from __future__ import annotations

import numpy as np
import torch
from mmcv.transforms import BaseTransform, to_tensor
from mmengine.structures import PixelData
from mmseg.datasets.transforms import PackSegInputs

from mmda.datasets.pinned_sample import PinnedSample
from mmda.datasets.transforms.validity import counted_pixels, pixels_with_data
from mmda.registry import TRANSFORMS

META_KEYS = (
    "img_path",
    "seg_map_path",
    "tile",
    "sample_idx",
    "domain",
    "background",
    "ori_shape",
    "img_shape",
    "pad_shape",
    "scale_factor",
    "flip",
    "flip_direction",
    "reduce_zero_label",
)


LABELS = {"gt_sem_seg": "gt_seg_map", "pseudo_sem_seg": "pseudo_seg_map"}
"""Label maps of a sample, and the keys that they are packed from."""


@TRANSFORMS.register_module()
class KeepWeakView(BaseTransform):
    """Keep the image as it is now as the teacher's view.

    Put it after the geometric transforms and before the radiometric ones: the teacher then labels
    the plain image and the student learns from the changed one.

    Required key: ``img``. Added key: ``weak_img``.
    """

    def transform(self, results: dict) -> dict:
        """Copy ``img`` to ``weak_img``."""
        results["weak_img"] = results["img"].copy()
        return results


@TRANSFORMS.register_module()
class PackDomainInputs(PackSegInputs):
    """Pack image, label and metadata, and the teacher's view where there is one.

    It extends :class:`mmseg.datasets.transforms.PackSegInputs`: the metadata have the tile's id and
    domain, and ``weak_inputs`` (B, H, W) is packed beside ``inputs``. The sample has a mask
    ``valid`` (1, H, W) if some of its pixels do not count: pixels without data, padding and pixels
    whose label is ignored; ``has_data`` (1, H, W) is that mask without the labels' part. It has
    ``pseudo_sem_seg`` (1, H, W) if the tile has a pseudo-label.
    """

    def __init__(self, meta_keys: tuple[str, ...] = META_KEYS) -> None:
        super().__init__(meta_keys=meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack ``results``."""
        packed = super().transform({k: v for k, v in results.items() if k != "gt_seg_map"})
        sample = PinnedSample(metainfo=packed["data_samples"].metainfo)
        packed["data_samples"] = sample
        for name, key in LABELS.items():
            if key in results:
                sample.set_field(PixelData(data=_byte_map(results[key])), name)
        if "weak_img" in results:
            view = results["weak_img"].transpose(2, 0, 1)
            packed["weak_inputs"] = to_tensor(view.copy()).contiguous()
        masks = {"valid": counted_pixels(results), "has_data": pixels_with_data(results)}
        for name, mask in masks.items():
            if mask is not None:
                sample.set_field(PixelData(data=to_tensor(mask[None])), name)
        return packed


def _byte_map(label: np.ndarray) -> torch.Tensor:
    """Return a label map (H, W) as (1, H, W) uint8, an eighth of int64 on the way to a GPU."""
    return to_tensor(np.ascontiguousarray(label[None], np.uint8))
