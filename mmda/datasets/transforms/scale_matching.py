"""Source images at the target's scale."""

from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain
from mmda.raster.dataset.measured_shift import scale_ratio
from mmda.registry import TRANSFORMS


@TRANSFORMS.register_module()
class MatchScale(BaseTransform):
    r"""Resize source images so that objects have the size that they have in the target.

    The factor is :math:`f = g_S / g_T \cdot s^u`, where :math:`g_S` and :math:`g_T` are the two
    domains' ground sample distances in metres per pixel and u is uniform in [-1, 1]. Where a ground
    sample distance is unknown, the two are taken to be equal. The image shrinks by averaging over
    areas and grows by bilinear interpolation; labels and masks take the nearest pixel's value.

    Required and modified keys: ``img`` and those that ``seg_fields`` names; ``img_shape``.

    Args:
        source: Folder of the tiled source dataset; None to leave the target's scale aside and vary
            the size alone.
        target: Folder of the tiled target dataset; None with the source.
        spread: s, the largest random factor, at least 1: objects of one kind differ in size, and
            so do those of two cities at the same scale.
        min_size: The smallest height and width of the result in pixels, such as the side of the
            crop that follows. An image that would become smaller is shrunk less.
        split_files: ``split_file`` of the source and of the target, as in
            :class:`~mmda.datasets.TiledDataset`.

    Raises:
        ConfigError: When ``spread`` is below 1.
        DataError: When a folder is no tiled dataset.
    """

    def __init__(
        self,
        source: str | None = None,
        target: str | None = None,
        spread: float = 1.3,
        min_size: int = 1,
        split_files: tuple[str | None, str | None] = (None, None),
    ) -> None:
        if spread < 1:
            raise ConfigError(
                f"MatchScale: `spread={spread}` is below 1. It is the largest factor by which "
                "images are enlarged beside the domains' scale; give 1 for none, or 1.3."
            )
        self.spread, self.min_size = spread, min_size
        self.ratio = 1.0
        if source is not None and target is not None:
            domains = zip((source, target), split_files, strict=True)
            self.ratio = scale_ratio(*(TiledDomain(*domain) for domain in domains)) or 1.0

    def transform(self, results: dict) -> dict:
        """Resize the image and the maps of ``results``."""
        height, width = results["img"].shape[:2]
        factor = self.ratio * self.spread ** np.random.uniform(-1, 1)
        factor = max(factor, self.min_size / min(height, width))
        size = (round(width * factor), round(height * factor))
        if size == (width, height):
            return results
        kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        results["img"] = _resize(results["img"], size, kind)
        for key in results.get("seg_fields", []):
            results[key] = _resize(results[key], size, cv2.INTER_NEAREST_EXACT)
        results["img_shape"] = results["img"].shape[:2]
        return results


def _resize(image: np.ndarray, size: tuple[int, int], kind: int) -> np.ndarray:
    """Resize (H, W) or (H, W, B) to ``size`` (width, height) and keep the number of axes."""
    resized = cv2.resize(image, size, interpolation=kind)
    return resized if resized.ndim == image.ndim else resized[..., None]
