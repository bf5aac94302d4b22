"""Training-free translation of source images to the target domain's radiometry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from mmda.datasets.transforms.radiometry import UINT8_LEVELS, apply_lookup
from mmda.errors import ConfigError
from mmda.raster.domain import TiledDomain
from mmda.registry import TRANSFORMS

METHODS = ("mean_std", "histogram")


@TRANSFORMS.register_module()
class MatchDomain(BaseTransform):
    """Map each band's distribution over the source domain to the target domain's.

    The map is one function per band for the whole domain, so objects keep their contrast to each
    other: ``mean_std`` an affine map, ``histogram`` the monotone map between the two domains'
    quantiles (which also undoes gamma and haze). It needs no training and no labels.

    Required and modified key: ``img``.

    Args:
        source: Folder of the tiled source dataset.
        target: Folder of the tiled target dataset.
        method: ``'histogram'`` or ``'mean_std'``.
        split: Split whose tiles are measured, in both domains.
        prob: Probability of the transform; the remaining images keep the source's look.
        tiles: At most so many tiles per domain are measured, evenly spread over the manifest.
        quantiles: Number of quantiles of the histogram method.
        split_files: Split table of source and target, where theirs are not the manifest's, see
            :class:`~mmda.datasets.TiledDataset`.

    Raises:
        ConfigError: When the method is unknown, or the domains differ in bands or data type.
    """

    def __init__(
        self,
        source: str,
        target: str,
        method: str = "histogram",
        split: str = "train",
        prob: float = 1.0,
        tiles: int = 64,
        quantiles: int = 256,
        split_files: Sequence[str | None] = (None, None),
    ) -> None:
        if method not in METHODS:
            raise ConfigError(f"MatchDomain: unknown method `{method}`; expected one of {METHODS}.")
        self.prob = prob
        pixels = [
            _sample_pixels(TiledDomain(root, split_file), split, tiles)
            for root, split_file in zip((source, target), split_files, strict=True)
        ]
        if pixels[0].shape[1] != pixels[1].shape[1]:
            raise ConfigError(
                f"MatchDomain: `{source}` has {pixels[0].shape[1]} bands, `{target}` "
                f"{pixels[1].shape[1]}; the domains must agree in their bands."
            )
        if pixels[0].dtype != pixels[1].dtype:
            raise ConfigError(
                f"MatchDomain: `{source}` holds {pixels[0].dtype}, `{target}` {pixels[1].dtype}; "
                "the source's type cannot hold the target's values. Leave MatchDomain out and "
                "give each domain its own statistics (`data_preprocessor.domains`)."
            )
        self.dtype = pixels[0].dtype
        self.moments = self.curves = None
        if method == "mean_std":
            self.moments = [_moments(values) for values in pixels]
        else:
            self.curves = _curves(pixels[0], pixels[1], quantiles)
        self.table = None
        if self.dtype == np.uint8:
            levels = np.repeat(UINT8_LEVELS[:, None], pixels[0].shape[1], axis=1)
            self.table = np.clip(np.rint(self._map(levels)), 0, 255).astype(np.uint8)

    def transform(self, results: dict) -> dict:
        """Translate ``results['img']``."""
        if np.random.rand() >= self.prob:
            return results
        image = results["img"]
        if self.table is not None:
            results["img"] = apply_lookup(image, self.table)
        else:
            mapped = self._map(image.reshape(-1, image.shape[2]).astype(np.float64))
            if image.dtype.kind == "u":
                mapped = np.clip(np.rint(mapped), 0, np.iinfo(image.dtype).max)
            results["img"] = mapped.reshape(image.shape).astype(image.dtype)
        return results

    def _map(self, values: np.ndarray) -> np.ndarray:
        """Map values (n, B), band by band."""
        if self.moments is not None:
            source, target = self.moments
            return (values - source[0]) * (target[1] / source[1]) + target[0]
        assert self.curves is not None
        bands = [np.interp(band, *curve) for band, curve in zip(values.T, self.curves, strict=True)]
        return np.stack(bands, axis=1)


def _sample_pixels(domain: TiledDomain, split: str, tiles: int) -> np.ndarray:
    """Return up to 4096 valid pixels of each of up to ``tiles`` tiles, (n, B)."""
    rows = domain.rows(split)
    if not rows:
        raise ConfigError(f"MatchDomain: `{domain.root}` has no tiles in split `{split}`.")
    # No-data is no colour, and PNG and JPEG tiles do not tell where it is.
    rows = [row for row in rows if row["valid_fraction"] == 1] or rows
    chosen = np.unique(np.linspace(0, len(rows) - 1, tiles).round().astype(int))
    sampled = []
    for index in chosen:
        image, valid = domain.read_image(rows[index])
        flat = image.reshape(-1, image.shape[2]) if valid is None else image[valid]
        sampled.append(flat[:: max(1, len(flat) // 4096)])
    return np.concatenate(sampled)


def _moments(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values = pixels.astype(np.float64)
    return values.mean(0), np.maximum(values.std(0), 1e-6)


def _curves(
    source: np.ndarray, target: np.ndarray, count: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return per band the source's quantiles, strictly increasing, and the target's at them.

    A value that fills several of the source's quantiles (saturation, flat roofs) gets the mean of
    the target's there: the lowest or highest would shift the whole surface.
    """
    curves = []
    ranks = np.linspace(0, 1, count)
    for own, other in zip(source.T, target.T, strict=True):
        levels, index = np.unique(np.quantile(own, ranks), return_inverse=True)
        sums = np.bincount(index, np.quantile(other, ranks))
        curves.append((levels, sums / np.bincount(index)))
    return curves
