"""Colour maps: the mapped values have the target's statistics, as the formulas say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm
from skimage.color import lab2rgb, rgb2lab

from mmda.datasets.colour_maps import CovarianceMap, LabMap, MeanStdMap, QuantileMap, to_type
from mmda.errors import ConfigError


def correlated(seed: int, bands: int, count: int = 4000) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixing = rng.normal(0, 10, (bands, bands))
    return rng.normal(0, 1, (count, bands)) @ mixing + rng.uniform(90, 160, bands)


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_covariance_map_gives_mean_and_covariance_of_the_target(bands):
    source, target = correlated(1, bands), correlated(2, bands)
    mapped = CovarianceMap(source, target)(source)
    np.testing.assert_allclose(mapped.mean(0), target.mean(0), atol=1e-6)
    np.testing.assert_allclose(
        np.cov(mapped, rowvar=False), np.cov(target, rowvar=False), rtol=1e-3, atol=0.05
    )


def test_covariance_map_is_the_monge_kantorovich_map():
    source, target = correlated(1, 3), correlated(2, 3)
    s, t = np.cov(source, rowvar=False), np.cov(target, rowvar=False)
    root = np.real(sqrtm(s))
    inverse = np.linalg.inv(root)
    expected = inverse @ np.real(sqrtm(root @ t @ root)) @ inverse
    found = CovarianceMap(source, target).matrix
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert (np.linalg.eigvalsh(found) > 0).all()  # no colour is inverted


def test_covariance_map_of_equal_domains_is_the_identity():
    source = correlated(3, 4)
    np.testing.assert_allclose(CovarianceMap(source, source)(source), source, atol=1e-3)


def test_covariance_map_moves_less_than_axes_paired_by_rank():
    """Red and blue trade places in spread: pairing axes by rank would trade the colours, too."""
    rng = np.random.default_rng(0)
    source = 128 + rng.normal(0, 1, (5000, 3)) * [30, 10, 5]
    target = 128 + rng.normal(0, 1, (5000, 3)) * [5, 10, 30]
    mapped = CovarianceMap(source, target)(source)
    for band in range(3):
        assert np.corrcoef(source[:, band], mapped[:, band])[0, 1] > 0.95


def test_grey_images_have_a_singular_covariance():
    grey = np.random.default_rng(0).uniform(50, 200, (500, 1)).repeat(3, 1)
    mapped = CovarianceMap(grey, grey * 0.5 + 20)(grey)
    np.testing.assert_allclose(mapped, grey * 0.5 + 20, atol=0.1)


def test_lab_map_gives_the_moments_in_lab():
    rng = np.random.default_rng(0)
    source = rng.uniform(90, 150, (3000, 3))
    target = rng.uniform(110, 160, (3000, 3)) * [1.0, 0.9, 1.05]
    mapped = LabMap(source, target, 255)(source)
    lab, wanted = (rgb2lab(x[None] / 255)[0] for x in (mapped, target))
    np.testing.assert_allclose(lab.mean(0), wanted.mean(0), atol=0.05)
    np.testing.assert_allclose(lab.std(0), wanted.std(0), atol=0.05)


def test_lab_map_against_the_formula_and_another_white():
    rng = np.random.default_rng(1)
    source, target = rng.uniform(80, 160, (2, 500, 3))
    own, other = (rgb2lab(x[None] / 255)[0] for x in (source, target))
    moved = (own - own.mean(0)) / own.std(0) * other.std(0) + other.mean(0)
    np.testing.assert_allclose(
        LabMap(source, target, 255)(source), lab2rgb(moved[None])[0] * 255, atol=1e-6
    )
    scaled = LabMap(source * 16, target * 16, 255 * 16)(source * 16)
    np.testing.assert_allclose(scaled / 16, LabMap(source, target, 255)(source), atol=1e-6)


def test_lab_needs_three_bands():
    with pytest.raises(ConfigError, match=r"have 4\. Use the method `pca`"):
        LabMap(correlated(1, 4), correlated(2, 4), 255)


@pytest.mark.parametrize("kind", [MeanStdMap, QuantileMap])
def test_a_map_by_band_does_not_look_at_the_other_bands(kind):
    source, target = correlated(1, 3), correlated(2, 3)
    mapping = kind(source, target)
    changed = source.copy()
    changed[:, 1:] = 0
    assert mapping.by_band
    np.testing.assert_array_equal(mapping(source)[:, 0], mapping(changed)[:, 0])


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("uint8", [0, 2, 2, 255]),
        ("uint16", [0, 2, 2, 300]),
        ("int16", [-4, 2, 2, 300]),
        ("float32", np.float32([-4, 1.5, 2.4, 300])),
    ],
)
def test_rounding_and_clipping(dtype, expected):
    got = to_type(np.array([-4, 1.5, 2.4, 300]), np.dtype(dtype))
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, expected)
