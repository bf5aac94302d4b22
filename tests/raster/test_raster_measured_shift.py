"""How far two domains are apart."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from mmda.datasets.transforms import MatchDomain, RadiometricJitter
from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain
from mmda.raster.dataset.measured_shift import (
    colour_distance,
    domains_distance,
    fine_detail,
    measure_shift,
)


def pixels(seed, bands=3, count=400, scale=1.0):
    rng = np.random.default_rng(seed)
    return scale * (rng.normal(size=(count, bands)) @ rng.normal(size=(bands, bands)) + 3)


def slow_distance(source, target):
    (m, c), (n, d) = ((x.mean(0), np.cov(x.T, bias=True)) for x in (source, target))
    root = sqrtm(c)
    squared = ((m - n) ** 2).sum() + np.trace(c + d - 2 * sqrtm(root @ d @ root).real)
    return np.sqrt(squared / (np.trace(c + d) / 2))


@given(st.integers(0, 50), st.integers(51, 99))
def test_it_is_the_wasserstein_distance_in_units_of_the_spread(first, second):
    source, target = pixels(first), pixels(second)
    assert colour_distance(source, target) == pytest.approx(slow_distance(source, target), rel=1e-6)
    assert colour_distance(target, source) == pytest.approx(colour_distance(source, target))
    scaled = colour_distance(1000 * source, 1000 * target)
    assert scaled == pytest.approx(colour_distance(source, target))


def test_independent_bands_by_hand():
    grid = np.array([[x, y] for x in (-1.0, 1.0) for y in (-1.0, 1.0)])  # mean 0, variance 1
    # The means differ by 3 and 4, the deviations by 1 and 2: 9 + 16 + 1 + 4 over (2 + 13) / 2.
    assert colour_distance(grid, grid * [2, 3] + [3, 4]) == pytest.approx(np.sqrt(30 / 7.5))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_equal_and_constant_images(dtype):
    image = (50 * np.abs(pixels(1))).clip(0, 200).astype(dtype)
    assert colour_distance(image, image[::-1]) == pytest.approx(0, abs=1e-4)
    flat = np.full((10, 1), 7, dtype)
    assert colour_distance(flat, flat) == 0


def test_blurred_images_have_less_fine_detail():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (64, 64, 4)).astype(np.uint8)
    details = [fine_detail(cv2.GaussianBlur(noise, (0, 0), s)) for s in (0.5, 1.0, 2.0)]
    assert 1 > fine_detail(noise) > details[0] > details[1] > details[2] > 0
    assert fine_detail(np.zeros((8, 8, 1), np.uint8)) == 0


def test_what_is_no_data_has_no_detail():
    rng = np.random.default_rng(0)
    image = rng.normal(100, 9, (96, 96, 1)).astype(np.float32)
    valid = np.zeros((96, 96), bool)
    valid[:, :60] = True
    whole, holed = fine_detail(image), fine_detail(np.where(valid[..., None], image, np.nan), valid)
    assert holed == pytest.approx(whole, rel=0.05)
    assert fine_detail(np.where(valid[..., None], image, -9999)) < 0.5 * whole  # an edge
    assert fine_detail(image, np.zeros_like(valid)) == 0


def test_two_tiled_domains(toy_root):
    source, target = (TiledDomain(toy_root / "buildings" / d) for d in ("source", "target"))
    shift = measure_shift(source, target)
    assert shift.scale == 1
    assert shift.colour > 0.3
    assert measure_shift(source, source).colour == 0
    assert measure_shift(source, source).detail == 1
    assert "colours differ" in shift.describe()
    assert "colours agree" in measure_shift(target, target).describe()
    with pytest.raises(ConfigError, match="has no tiles in split `test`"):
        measure_shift(source, target, split="test")


def test_jitter_is_as_strong_as_colours_differ(toy_root):
    source, target = (str(toy_root / "buildings" / d) for d in ("source", "target"))
    distance = domains_distance((source, target))
    assert distance == pytest.approx(
        measure_shift(TiledDomain(source), TiledDomain(target)).colour, abs=1e-4
    )
    ranges = {"gain": 0.4, "offset": 0.1, "gamma": 0.3, "saturation": 1.0, "blur": 1.0}
    for full_at, share in ((distance / 2, 1), (2 * distance, 0.5)):
        jitter = RadiometricJitter(**ranges, source=source, target=target, full_at=full_at)
        assert {k: getattr(jitter, k) for k in ranges} == pytest.approx(
            {k: share * v for k, v in ranges.items()}
        )
    assert RadiometricJitter(**ranges, source=source, target=source).gain < 1e-6


def test_images_are_not_matched_where_colours_agree(toy_root):
    source, target = (str(toy_root / "buildings" / d) for d in ("source", "target"))
    image = np.random.default_rng(0).integers(0, 255, (8, 8, 3)).astype(np.uint8)

    def changed(other, least):
        match = MatchDomain(source, other, skip_below=least)
        return not np.array_equal(match({"img": image})["img"], image)

    assert changed(target, 0.3)
    assert not changed(target, 10.0)
    assert not changed(source, 0.3)
