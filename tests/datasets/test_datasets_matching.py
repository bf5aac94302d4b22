"""Matching the source's radiometry to the target's."""

from __future__ import annotations

import numpy as np
import pytest
from core_samples import write_scene
from raster_samples import tile

from mmda.datasets.transforms import MatchDomain
from mmda.errors import ConfigError
from mmda.raster import Scene

SIZE = 96
# (mean, std) per band, in fractions of the type's range.
LOOKS = {
    "source": ((0.45, 0.08), (0.5, 0.05), (0.4, 0.1)),
    "target": ((0.65, 0.1), (0.3, 0.08), (0.6, 0.06)),
}


def draw(domain: str, dtype: str, bands: int = 3) -> np.ndarray:
    rng = np.random.default_rng(len(domain) + ord(domain[0]))
    looks = [LOOKS[domain][b % 3] for b in range(bands)]
    values = np.stack([rng.normal(m, s, (SIZE, SIZE)) for m, s in looks], -1).clip(0, 1)
    if domain == "target":
        values = values**1.3  # another response curve
    top = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    return (values * top).astype(dtype)


@pytest.fixture
def pair(tmp_path):
    def make(dtype: str, bands: tuple[int, int] = (3, 3)) -> dict:
        out = {}
        for domain, count in zip(("source", "target"), bands, strict=True):
            image = tmp_path / f"{domain}.tif"
            write_scene(image, np.zeros((SIZE, SIZE), "uint8"), draw(domain, dtype, count))
            tile([Scene(domain, str(image))], tmp_path / domain, domain=domain, tile=32)
            out[domain] = str(tmp_path / domain)
        return out

    return make


@pytest.mark.parametrize("method", ["mean_std", "histogram"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_source_takes_the_targets_statistics(pair, method, dtype):
    match = MatchDomain(**pair(dtype), method=method)
    source, target = (draw(d, dtype).astype(np.float64) for d in ("source", "target"))
    got = match({"img": draw("source", dtype)})["img"]
    assert got.dtype == dtype
    top = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    far, near = 0.04 * top, 0.005 * top
    assert np.abs(source.mean((0, 1)) - target.mean((0, 1))).min() > far
    np.testing.assert_allclose(got.mean((0, 1)), target.mean((0, 1)), atol=near)
    np.testing.assert_allclose(got.std((0, 1)), target.std((0, 1)), atol=near)
    if method == "histogram":
        for q in (0.02, 0.25, 0.5, 0.75, 0.98):
            quantiles = np.quantile(got, q, (0, 1)), np.quantile(target, q, (0, 1))
            np.testing.assert_allclose(*quantiles, atol=2 * near)


@pytest.mark.parametrize("method", ["mean_std", "histogram"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_the_map_is_monotone_over_all_values(pair, method, dtype):
    match = MatchDomain(**pair(dtype), method=method)
    top = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    ramp = (np.linspace(0, 1, 256) * top).astype(dtype)[:, None, None].repeat(3, 2)
    got = match({"img": ramp})["img"].astype(np.float64)
    assert (np.diff(got, axis=0) >= 0).all()
    assert (got[-1] > got[0]).all()


def test_a_plateau_is_mapped_to_its_middle(tmp_path):
    """Source values that repeat (flat roofs, saturation) must not all take the lowest quantile."""
    rng = np.random.default_rng(0)
    flat = np.where(rng.random((SIZE, SIZE, 1)) < 0.5, 50, 150).astype("uint8")
    ramp = rng.integers(0, 201, (SIZE, SIZE, 1)).astype("uint8")
    for name, image in (("a", flat), ("b", ramp)):
        write_scene(tmp_path / f"{name}.tif", np.zeros((SIZE, SIZE), "uint8"), image)
        tile([Scene(name, str(tmp_path / f"{name}.tif"))], tmp_path / name, tile=32)
    got = MatchDomain(str(tmp_path / "a"), str(tmp_path / "b"))({"img": flat})["img"]
    assert sorted(np.unique(got)) == pytest.approx([50, 150], abs=8)


def test_probability(pair):
    folders, image = pair("uint8"), draw("source", "uint8")
    assert MatchDomain(**folders, prob=0.0)({"img": image})["img"] is image
    match = MatchDomain(**folders, prob=0.5)
    np.random.seed(0)
    kept = sum(match({"img": image})["img"] is image for _ in range(200))
    assert 70 < kept < 130


def test_errors(pair, tmp_path):
    folders = pair("uint8", (3, 4))
    with pytest.raises(ConfigError, match=r"has 3 bands, .* has 4; the domains must have the same"):
        MatchDomain(**folders)
    with pytest.raises(ConfigError, match="unknown method `hist`; expected"):
        MatchDomain(**folders, method="hist")
    with pytest.raises(ConfigError, match="no tiles in split `val`"):
        MatchDomain(**folders, split="val")
