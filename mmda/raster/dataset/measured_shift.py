"""How far two domains are apart, measured on images alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain, typical_gsd
from mmda.raster.dataset.manifest import MANIFEST
from mmda.raster.dataset.tile_files import measurable

TILES, PIXELS = 64, 4096  # of a domain and of a tile that are sampled
DIFFERENT = 0.3
"""Colours further apart than this are those of other sensors, lighting or materials.

Toy cities of equal radiometry are at 0.06, and at 0.16 with other density and scale, whose share of
roofs and lawns differs; other materials are at 0.27, the presets of the shift at 0.5 and more.
"""


@dataclass(frozen=True)
class MeasuredShift:
    """The differences between two domains.

    Attributes:
        colour: See :func:`colour_distance`; 0 for equal colours.
        scale: Metres per pixel of the source over those of the target; None if one is unknown.
        detail: How sharp the source is beside the target: the ratio of their :func:`fine_detail`.
    """

    colour: float
    scale: float | None
    detail: float

    def to_json(self) -> dict[str, float | None]:
        """Return the values for JSON."""
        return asdict(self)

    def describe(self) -> str:
        """Return one line for people."""
        differ = "differ" if self.colour >= DIFFERENT else "agree"
        scale = "unknown" if self.scale is None else f"{self.scale:.3g}"
        return (
            f"colours {differ} (distance {self.colour:.2f}, differ from {DIFFERENT} on); "
            f"source / target: metres per pixel {scale}, fine detail {self.detail:.2f}"
        )


def measure_shift(
    source: TiledDomain, target: TiledDomain, split: str = "train", tiles: int = TILES
) -> MeasuredShift:
    """Compare two domains.

    Args:
        source: The labelled domain; labels are not used.
        target: The other, with as many bands.
        split: Split whose tiles are measured, in both domains.
        tiles: Largest number of tiles per domain that are measured.

    Raises:
        ConfigError: When a domain has no tiles in ``split``, or other bands than the other.
    """
    bands = [domain.info["bands"] for domain in (source, target)]
    if bands[0] != bands[1]:
        raise ConfigError(
            f"`{source.root}` has {bands[0]} bands and `{target.root}` {bands[1]}; their colours "
            "can only be compared for the same bands. Tile one of them again with --bands."
        )
    pixels = [sample_pixels(domain, split, tiles) for domain in (source, target)]
    details = [
        np.median([fine_detail(*tile) for tile in _sampled_tiles(domain, split, tiles)])
        for domain in (source, target)
    ]
    return MeasuredShift(
        round(colour_distance(*pixels), 4),
        scale_ratio(source, target),
        round(float(details[0] / max(details[1], 1e-9)), 4),
    )


def colour_distance(source: np.ndarray, target: np.ndarray) -> float:
    r"""Return how far the colours of two domains are apart, beside the spread of each.

    .. math:: d = \sqrt{\frac{\|m_S - m_T\|^2 + \mathrm{tr}(C_S + C_T
        - 2 (C_S^{1/2} C_T C_S^{1/2})^{1/2})}{\mathrm{tr}(C_S + C_T) / 2}}

    is the 2-Wasserstein distance between normal distributions (Dowson and Landau 1982) of the
    bands' means m and covariances C, divided by the domains' spread. It depends on neither the
    number of pixels nor the data's scale.

    Args:
        source: Pixels (n, B) of any type.
        target: Pixels (m, B).

    Returns:
        0 for equal means and covariances; 0 also for two constant images of one colour.
    """
    (mean, cov), (other_mean, other_cov) = (_moments(values) for values in (source, target))
    values, vectors = np.linalg.eigh(cov)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    common = np.sqrt(np.linalg.eigvalsh(root @ other_cov @ root).clip(0)).sum()
    squared = np.square(mean - other_mean).sum() + np.trace(cov) + np.trace(other_cov) - 2 * common
    spread = (np.trace(cov) + np.trace(other_cov)) / 2
    return float(np.sqrt(max(squared, 0.0) / max(spread, 1e-12)))


def domains_distance(
    roots: Sequence[str], split_files: Sequence[str | None] = (None, None), split: str = "train"
) -> float:
    """Return the :func:`colour_distance` of two tiled datasets, each measured once.

    Args:
        roots: Folders of the source and of the target.
        split_files: ``split_file`` of each, as in :class:`~mmda.datasets.TiledDataset`.
        split: Split whose tiles are measured, in both domains.

    Raises:
        ConfigError: When a domain has no tiles in ``split``.
    """
    written = tuple(os.stat(Path(root) / MANIFEST).st_mtime_ns for root in roots)
    return _domains_distance(tuple(roots), tuple(split_files), split, written)


@lru_cache(maxsize=8)
def _domains_distance(
    roots: tuple[str, ...], split_files: tuple[str | None, ...], split: str, _: tuple[int, ...]
) -> float:
    domains = [TiledDomain(*domain) for domain in zip(roots, split_files, strict=True)]
    return colour_distance(*(sample_pixels(domain, split, TILES) for domain in domains))


def fine_detail(image: np.ndarray, valid: np.ndarray | None = None) -> float:
    """Return the share of an image's contrast that a blur of one pixel removes, in [0, 1].

    Args:
        image: (H, W, B) of any type; its mean over the bands is measured.
        valid: Which pixels have data, (H, W) bool; None for all. The blur is that of the pixels
            with data alone.
    """
    weight = np.ones(image.shape[:2], np.float32) if valid is None else valid.astype(np.float32)
    if not weight.any():
        return 0.0
    grey = np.where(weight > 0, image.mean(2, dtype=np.float32), np.float32(0))
    around = cv2.GaussianBlur(weight, (0, 0), 1.0)
    blurred = cv2.GaussianBlur(grey, (0, 0), 1.0) / np.maximum(around, 1e-6)
    fine, content = (values[weight > 0] for values in (grey - blurred, grey))
    return float(fine.std() / max(float(content.std()), 1e-9))


def scale_ratio(source: TiledDomain, target: TiledDomain) -> float | None:
    """Return metres per pixel of the source over those of the target; None if one is unknown."""
    own, other = (typical_gsd(domain.rows()) for domain in (source, target))
    return None if own is None or other is None else own / other


def sample_pixels(domain: TiledDomain, split: str, tiles: int) -> np.ndarray:
    """Return up to 4096 valid pixels of each of up to ``tiles`` tiles, (n, B).

    Raises:
        ConfigError: When the domain has no tiles in ``split``.
    """
    sampled = []
    for image, valid in _sampled_tiles(domain, split, tiles):
        flat = image.reshape(-1, image.shape[2]) if valid is None else image[valid]
        sampled.append(flat[:: -(-len(flat) // PIXELS) or 1])
    return np.concatenate(sampled)


def _sampled_tiles(
    domain: TiledDomain, split: str, tiles: int
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Yield image and valid pixels of tiles that are spread evenly over the manifest."""
    rows = domain.rows(split)
    if not rows:
        raise ConfigError(f"`{domain.root}` has no tiles in split `{split}`.")
    rows = measurable(rows, f"`{domain.root}`, split `{split}`")
    for index in np.unique(np.linspace(0, len(rows) - 1, tiles).round().astype(int)):
        yield domain.read_image(rows[index])


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    wide = values.astype(np.float64)
    return wide.mean(0), np.cov(wide.T, bias=True).reshape((wide.shape[1],) * 2)
