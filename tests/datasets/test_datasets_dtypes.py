"""Radiometric transforms on other types than uint8, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from pair_samples import domain

from mmda.datasets.transforms import MatchDomain, RadiometricJitter
from mmda.errors import ConfigError


def image(dtype, bands=4, low=0.0, high=1.0):
    values = np.random.default_rng(0).uniform(low, high, (24, 20, bands))
    return values.astype(dtype)


@pytest.mark.parametrize(
    ("dtype", "white"), [("uint8", None), ("uint16", 4095.0), ("float32", 1.0)]
)
@pytest.mark.parametrize("bands", [1, 3, 4, 8])
def test_jitter_keeps_type_shape_and_range(dtype, white, bands):
    jitter = RadiometricJitter(gain=0.4, saturation=1.0, blur=1.0, prob=1.0, white=white)
    plain = image(dtype, bands, high=white or 255)
    changed = [jitter({"img": plain.copy()})["img"] for _ in range(8)]
    assert {(c.dtype, c.shape) for c in changed} == {(plain.dtype, plain.shape)}
    assert all(not np.array_equal(c, plain) for c in changed)
    assert max(c.mean() for c in changed) <= (white or 255)
    assert np.median([c.std() for c in changed]) > 0.1 * plain.std()


def test_a_single_band_that_resizing_left_without_axis():
    flat = image("uint8", 1, high=255)[..., 0]
    changed = RadiometricJitter(prob=1.0, blur=1.0, saturation=1.0)({"img": flat})["img"]
    assert changed.shape == (24, 20, 1)


def test_jitter_refuses_values_below_zero():
    with pytest.raises(ConfigError, match=r"has the value -.*brightness is between 0 and.*Leave"):
        RadiometricJitter(prob=1.0, white=1.0)({"img": image("float32", low=-30)})


def test_matching_refuses_domains_of_different_types(tmp_path):
    roots = [domain(tmp_path, n, "train", dtype=t) for n, t in (("s", "uint8"), ("t", "uint16"))]
    with pytest.raises(ConfigError, match=r"is uint8, .*is uint16; images of the first"):
        MatchDomain(*map(str, roots))


@pytest.mark.parametrize("method", ["histogram", "mean_std"])
@pytest.mark.parametrize(("dtype", "bands"), [("uint16", 4), ("float32", 8), ("uint8", 1)])
def test_matching_brings_the_source_to_the_targets_values(tmp_path, method, dtype, bands):
    options = {"dtype": dtype, "bands": bands, "format": "none"}
    source = domain(tmp_path, "s", "train", scale=0.3, **options)
    target = domain(tmp_path, "t", "train", scale=0.9, seed=7, **options)
    match = MatchDomain(str(source), str(target), method)
    top = {"uint16": 3000, "float32": 76, "uint8": 76}[dtype]
    plain = image(dtype, bands, 1, top)
    changed = match({"img": plain})["img"]
    assert (changed.dtype, changed.shape) == (plain.dtype, plain.shape)
    assert changed.mean() == pytest.approx(3 * plain.mean(), rel=0.05)


def test_matching_heeds_split_tables(tmp_path):
    source = domain(tmp_path, "s", "train")
    target = domain(tmp_path, "t", "train train", scale=0.5)
    (tmp_path / "splits.csv").write_text("scene,split\nt0,val\nt1,val\n")
    with pytest.raises(ConfigError, match="no tiles in split `train`"):
        MatchDomain(str(source), str(target), split_files=[None, str(tmp_path / "splits.csv")])
