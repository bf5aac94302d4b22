"""MatchTile, and the methods of MatchDomain that mix bands."""

from __future__ import annotations

import numpy as np
import pytest
from core_samples import LOOK

from mmda.datasets.transforms import MatchDomain, MatchTile
from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain
from mmda.utils.seeding import seeded


@pytest.fixture
def folders(toy_root):
    return str(toy_root / "buildings" / "source"), str(toy_root / "buildings" / "target")


def images(folder):
    domain = TiledDomain(folder)
    return [domain.read_image(row)[0] for row in domain.rows("train")]


def source_image(folders):
    return images(folders[0])[0]


@pytest.mark.parametrize("method", ["lab", "pca"])
def test_match_domain_moves_the_source_to_the_target(folders, method):
    match = MatchDomain(*folders, method=method)
    source, target = (np.stack(images(folder)) for folder in folders)
    got = np.stack([match({"img": image})["img"] for image in source])
    assert (got.dtype, got.shape) == (source.dtype, source.shape)
    assert abs(source.std() - target.std()) > 10
    np.testing.assert_allclose(got.mean((0, 1, 2)), target.mean((0, 1, 2)), atol=2)
    np.testing.assert_allclose(got.std((0, 1, 2)), target.std((0, 1, 2)), atol=2)


def test_lab_of_other_types_needs_white(tmp_path):
    from raster_samples import make_scenes, tile

    for domain in ("source", "target"):
        tile(make_scenes(tmp_path / domain, 1, dtype="uint16"), tmp_path / f"{domain}_tiled")
    roots = [str(tmp_path / f"{domain}_tiled") for domain in ("source", "target")]
    with pytest.raises(ConfigError, match="needs `white`"):
        MatchDomain(*roots, method="lab")
    assert MatchDomain(*roots, method="lab", white=255).dtype == np.uint16


@pytest.mark.parametrize("method", ["fda", "histogram"])
def test_match_tile_takes_over_the_brightness_of_one_tile(folders, method):
    image = source_image(folders)
    match = MatchTile(folders[1], method=method)
    for index in range(2):
        reference = match.domain.read_image(match.rows[index])[0]
        got = match.match(image, index)
        assert got.dtype == np.uint8
        np.testing.assert_allclose(got.mean((0, 1)), reference.mean((0, 1)), atol=1.5)
        if method == "histogram":
            quantiles = [np.quantile(x, [0.1, 0.5, 0.9], (0, 1)) for x in (got, reference)]
            np.testing.assert_allclose(*quantiles, atol=3)


def test_tiles_are_drawn_anew_and_reproducibly(folders):
    match, image = MatchTile(folders[1]), source_image(folders)
    assert len(match) == 4
    looks = set()
    for seed in range(12):
        with seeded(seed):
            first = match({"img": image})["img"]
        with seeded(seed):
            np.testing.assert_array_equal(match({"img": image})["img"], first)
        looks.add(first.tobytes())
    assert len(looks) == 4
    assert MatchTile(folders[1], prob=0.0)({"img": image})["img"] is image


@pytest.mark.parametrize("size", [(64, 64), (48, 80), (100, 100)])
def test_images_of_another_size(folders, size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    got = MatchTile(folders[1], beta=0.05).match(image, 0)
    assert got.shape == image.shape
    assert abs(got.mean() - np.mean(LOOK["target"])) < 15


def test_no_data_of_the_target_lends_no_look(folders):
    match, image = MatchTile(folders[1]), source_image(folders)
    full = match.domain.read_image(match.rows[0])[0]
    valid = np.ones(full.shape[:2], bool)
    valid[:, :32] = False
    holed = np.where(valid[..., None], full, 0).astype(np.uint8)
    match.domain.read_image = lambda row: (holed, valid)
    got = match.match(image, 0)
    np.testing.assert_allclose(got.mean((0, 1)), full[valid].mean(0), atol=1.5)


def test_errors(folders):
    with pytest.raises(ConfigError, match=r"unknown method `fd`; .* Did you mean `fda`"):
        MatchTile(folders[1], method="fd")
    with pytest.raises(ConfigError, match="no tiles in split `nope`"):
        MatchTile(folders[1], split="nope")
    with pytest.raises(ConfigError, match="must be in"):
        MatchTile(folders[1], beta=0.6)
    with pytest.raises(ConfigError, match=r"4 bands of uint8, .* 3 of uint8"):
        MatchTile(folders[1]).match(np.zeros((64, 64, 4), np.uint8), 0)
