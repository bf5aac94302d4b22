"""Maps of pixel values from one domain's distribution to another's, fitted on samples of both.

Every map takes and returns values (n, B) as float64. The caller rounds and clips them.
"""

from __future__ import annotations

import warnings
from typing import Protocol

import numpy as np
from skimage.color import lab2rgb, rgb2lab

from mmda.errors import ConfigError


class ColourMap(Protocol):
    """A fitted map.

    Attributes:
        by_band: Whether each band is mapped by itself, so that a table of all values per band
            can replace the map.
    """

    by_band: bool

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Map values (n, B)."""
        ...


class MeanStdMap:
    """The affine map per band between the means and standard deviations.

    Args:
        source: Values of the domain to be mapped, (n, B).
        target: Values of the domain to be resembled, (m, B).
    """

    by_band = True

    def __init__(self, source: np.ndarray, target: np.ndarray) -> None:
        self.source, self.target = _moments(source), _moments(target)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Map values (n, B)."""
        (mean, std), (target_mean, target_std) = self.source, self.target
        return (values - mean) * (target_std / std) + target_mean


class QuantileMap:
    """The monotone map per band between the quantiles (histogram matching).

    A source value that several quantiles share (saturation, flat roofs) gets the mean of the
    target's values at these quantiles, as the lowest or highest would shift the whole surface.

    Args:
        source: Values of the domain to be mapped, (n, B).
        target: Values of the domain to be resembled, (m, B).
        count: Number of quantiles.
    """

    by_band = True

    def __init__(self, source: np.ndarray, target: np.ndarray, count: int = 256) -> None:
        self.curves = []
        ranks = np.linspace(0, 1, count)
        for own, other in zip(source.T, target.T, strict=True):
            levels, index = np.unique(np.quantile(own, ranks), return_inverse=True)
            sums = np.bincount(index, np.quantile(other, ranks))
            self.curves.append((levels, sums / np.bincount(index)))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Map values (n, B)."""
        bands = [np.interp(band, *curve) for band, curve in zip(values.T, self.curves, strict=True)]
        return np.stack(bands, axis=1)


class HistogramMap:
    """The monotone map per band between the cumulative histograms of two images.

    On the source's own values it is exact histogram matching; other values are interpolated.

    Args:
        source: Values of the image to be mapped, (n, B).
        target: Values of the image to be resembled, (m, B).
    """

    by_band = True

    def __init__(self, source: np.ndarray, target: np.ndarray) -> None:
        self.curves = []
        for own, other in zip(source.T, target.T, strict=True):
            (levels, ranks), (looks, shares) = _cumulative(own), _cumulative(other)
            self.curves.append((levels, np.interp(ranks, shares, looks)))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Map values (n, B)."""
        bands = [np.interp(band, *curve) for band, curve in zip(values.T, self.curves, strict=True)]
        return np.stack(bands, axis=1)


class CovarianceMap:
    r"""The linear map between the means and covariances of the bands.

    Many matrices turn one covariance into another. This is the Monge-Kantorovich map,
    :math:`A = S^{-1/2} (S^{1/2} T S^{1/2})^{1/2} S^{-1/2}` (Pitié and Kokaram 2007), which changes
    the values least. PCA matching is often written as a map between principal axes of the same
    rank. That swaps or inverts colours where the domains' axes differ in order or sign; where both
    domains have the same axes, the two maps are equal.

    Args:
        source: Values of the domain to be mapped, (n, B).
        target: Values of the domain to be resembled, (m, B).
    """

    by_band = False

    def __init__(self, source: np.ndarray, target: np.ndarray) -> None:
        own, other = _covariance(source), _covariance(target)
        root, inverse = _power(own, 0.5), _power(own, -0.5)
        self.matrix = inverse @ _power(root @ other @ root, 0.5) @ inverse
        self.means = (_moments(source)[0], _moments(target)[0])

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Map values (n, B)."""
        return (values - self.means[0]) @ self.matrix + self.means[1]


class LabMap:
    """The affine map per axis of CIELAB between means and standard deviations.

    It is the method of Reinhard et al. 2001, but in CIELAB, as is usual now. In natural images,
    lightness and the two opponent colours vary nearly independently.

    Args:
        source: RGB values of the domain to be mapped, (n, 3).
        target: RGB values of the domain to be resembled, (m, 3).
        white: Value of full brightness, such as 255.

    Raises:
        ConfigError: When there are not three bands.
    """

    by_band = False

    def __init__(self, source: np.ndarray, target: np.ndarray, white: float) -> None:
        if source.shape[1] != 3:
            raise ConfigError(
                f"Matching in LAB needs the three bands red, green and blue, but the images have "
                f"{source.shape[1]}. Use the method `pca`, which takes any number of bands."
            )
        self.white = white
        self.affine = MeanStdMap(self._to_lab(source), self._to_lab(target))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Map values (n, 3)."""
        mapped = self.affine(self._to_lab(values))
        with warnings.catch_warnings():  # scikit-image warns of each colour that it clips to RGB
            warnings.simplefilter("ignore")
            return lab2rgb(mapped[None])[0] * self.white

    def _to_lab(self, values: np.ndarray) -> np.ndarray:
        return rgb2lab((values.astype(np.float64) / self.white).clip(0, 1)[None])[0]


def to_type(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return float values as ``dtype``, rounded and clipped where it holds integers."""
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        values = np.clip(np.rint(values), limits.min, limits.max)
    return values.astype(dtype)


def _cumulative(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different values (n,) in ascending order and the share of values up to each."""
    levels, counts = np.unique(values.astype(np.float64), return_counts=True)
    return levels, np.cumsum(counts) / len(values)


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    wide = values.astype(np.float64)
    return wide.mean(0), np.maximum(wide.std(0), 1e-6)


def _covariance(values: np.ndarray) -> np.ndarray:
    """Return the covariance (B, B), kept invertible where bands are copies of each other."""
    covariance = np.atleast_2d(np.cov(values.astype(np.float64), rowvar=False))
    bands = len(covariance)
    return covariance + np.eye(bands) * (1e-6 * np.trace(covariance) / bands + 1e-12)


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """Return a power of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-300) ** exponent) @ vectors.T
