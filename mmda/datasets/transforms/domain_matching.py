"""Training-free translation of source images to the target domain's radiometry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from mmda.datasets.colour_maps import (
    ColourMap,
    CovarianceMap,
    LabMap,
    MeanStdMap,
    QuantileMap,
    to_type,
)
from mmda.datasets.transforms.radiometry import UINT8_LEVELS, apply_lookup
from mmda.errors import ConfigError, check_choice
from mmda.raster.dataset.domain import TiledDomain
from mmda.raster.dataset.measured_shift import colour_distance, sample_pixels
from mmda.registry import TRANSFORMS

METHODS = ("mean_std", "histogram", "lab", "pca")


@TRANSFORMS.register_module()
class MatchDomain(BaseTransform):
    """Map the pixel values of the source domain to the target domain's distribution.

    The map is one function of a pixel's bands for the whole domain, so that objects keep their
    contrast to each other. It needs no training and no labels. Methods:

    - ``mean_std``: an affine map per band;
    - ``histogram``: per band, the monotone map between the two domains' quantiles. It also corrects
      gamma and haze. Where the land cover of the domains differs (green lawns, dry fields), it
      tints surfaces that are grey in both, such as roads;
    - ``lab``: an affine map per axis of CIELAB (Reinhard et al. 2001), for RGB;
    - ``pca``: the linear map between the bands' covariances, for any number of bands. It tints grey
      surfaces less.

    Required and modified key: ``img``.

    Args:
        source: Folder of the tiled source dataset.
        target: Folder of the tiled target dataset.
        method: One of the methods above.
        split: Split whose tiles are measured, in both domains.
        prob: Probability of the transform; the remaining images keep the source's look.
        skip_below: Every image keeps the source's look where the domains' colours are closer than
            this, see :func:`~mmda.raster.dataset.measured_shift.colour_distance`. Where colours
            agree, histograms differ because the land cover does; matching them would do harm.
        tiles: Largest number of tiles per domain that are measured. They are spread evenly over the
            manifest.
        quantiles: Number of quantiles of the method ``histogram``.
        split_files: ``split_file`` of the source and of the target, as in
            :class:`~mmda.datasets.TiledDataset`.
        white: Value of full brightness, for ``lab``; by default 255 for uint8. For other types it
            must be given.

    Raises:
        ConfigError: When the method is unknown or does not fit, or the domains differ in bands or
            data type.
    """

    def __init__(
        self,
        source: str,
        target: str,
        method: str = "histogram",
        split: str = "train",
        prob: float = 1.0,
        skip_below: float = 0.0,
        tiles: int = 64,
        quantiles: int = 256,
        split_files: Sequence[str | None] = (None, None),
        white: float | None = None,
    ) -> None:
        check_choice("method", method, METHODS, "MatchDomain")
        self.prob = prob
        pixels = [
            sample_pixels(TiledDomain(root, split_file), split, tiles)
            for root, split_file in zip((source, target), split_files, strict=True)
        ]
        _check_alike((source, target), pixels)
        if colour_distance(*pixels) < skip_below:
            self.prob = 0.0
        self.dtype = pixels[0].dtype
        self.map = _fit(method, pixels, quantiles, white)
        self.table = None
        if self.dtype == np.uint8 and self.map.by_band:
            levels = np.repeat(UINT8_LEVELS[:, None], pixels[0].shape[1], axis=1)
            self.table = to_type(self.map(levels), self.dtype)

    def transform(self, results: dict) -> dict:
        """Translate ``results['img']``."""
        if np.random.rand() < self.prob:
            results["img"] = self.match(results["img"])
        return results

    def match(self, image: np.ndarray) -> np.ndarray:
        """Return an image (H, W, B) of the source in the target's radiometry, of its own type."""
        if self.table is not None:
            return apply_lookup(image, self.table)
        mapped = self.map(image.reshape(-1, image.shape[2]).astype(np.float64))
        return to_type(mapped, image.dtype).reshape(image.shape)


def _fit(
    method: str, pixels: Sequence[np.ndarray], quantiles: int, white: float | None
) -> ColourMap:
    source, target = pixels
    if method == "mean_std":
        return MeanStdMap(source, target)
    if method == "histogram":
        return QuantileMap(source, target, quantiles)
    if method == "pca":
        return CovarianceMap(source, target)
    if white is None and source.dtype != np.uint8:
        raise ConfigError(
            f"MatchDomain: method `lab` on images of {source.dtype} needs `white`, the value "
            "that stands for full brightness, e.g. white=4095 for a 12-bit sensor."
        )
    return LabMap(source, target, 255.0 if white is None else white)


def _check_alike(roots: Sequence[str], pixels: Sequence[np.ndarray]) -> None:
    bands, dtypes = [p.shape[1] for p in pixels], [p.dtype for p in pixels]
    if bands[0] != bands[1]:
        raise ConfigError(
            f"MatchDomain: `{roots[0]}` has {bands[0]} bands, but `{roots[1]}` has {bands[1]}; the "
            "domains must have the same bands."
        )
    if dtypes[0] != dtypes[1]:
        raise ConfigError(
            f"MatchDomain: `{roots[0]}` is {dtypes[0]}, but `{roots[1]}` is {dtypes[1]}; images of "
            "the first type cannot have values of the second. Leave MatchDomain out and give each "
            "domain its own statistics (`data_preprocessor.domains`)."
        )
