"""Maps of entropy: of the blended probabilities, with no-data where the mask has none."""

from __future__ import annotations

import math

import numpy as np
import pytest
import rasterio
from raster_samples import noise, predict_raster, read_image, write

from mmda.errors import ConfigError
from mmda.raster.mapping.rows import to_entropy


def slow_entropy(p: np.ndarray) -> float:
    """Return the entropy of numbers that are divided by their sum, over log C."""
    shares = [float(value) / float(p.sum()) for value in p]
    return -sum(s * math.log(s) for s in shares if s > 0) / math.log(len(p))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_equals_the_slow_computation(classes):
    rows = np.random.default_rng(classes).dirichlet([0.3] * classes, (4, 5)).astype(np.float32)
    rows[0, 0], rows[0, 1], rows[0, 2] = np.eye(classes)[0], 1 / classes, rows[0, 2] * 0.4
    found = to_entropy(np.moveaxis(rows, -1, 0))
    assert found.shape == (1, 4, 5)
    np.testing.assert_allclose(found[0], np.apply_along_axis(slow_entropy, -1, rows), atol=1e-6)
    assert found[0, 0, :2] == pytest.approx([0, 1], abs=1e-6)


def test_one_class_and_no_prediction_have_no_entropy():
    assert not to_entropy(np.ones((1, 2, 3), np.float32)).any()
    assert not to_entropy(np.zeros((4, 2, 3), np.float32)).any()


def of_tile(batch: np.ndarray) -> np.ndarray:
    """Return probabilities of three classes that differ from tile to tile."""
    raw = np.stack([batch[:, 0] % 5, batch[:, 0] % 3, batch[:, 0] * 0 + 1], 1).astype(np.float32)
    raw += batch.astype(np.int64).sum((1, 2, 3))[:, None, None, None] % 7
    return raw / raw.sum(1, keepdims=True)


@pytest.mark.parametrize("bands", [1, 2])
def test_it_is_the_entropy_of_the_blended_probabilities(tmp_path, bands):
    image = noise(bands, 45, 300)
    image[:, 5:20, 10:30] = 0
    write(tmp_path / "a.tif", image, nodata=0)
    predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", of_tile, num_classes=3, tile=16, overlap=0.5,
        probabilities=tmp_path / "p.tif", entropy=tmp_path / "deep" / "e.tif",
    )  # fmt: skip
    with rasterio.open(tmp_path / "deep" / "e.tif") as raster:
        steps = raster.read(1)
        assert raster.descriptions == ("entropy",)
        assert raster.scales == pytest.approx((1 / 254,))
        assert (raster.count, raster.nodata, raster.dtypes[0]) == (1, 255, "uint8")
        assert raster.crs == "EPSG:32633"
    hole = image[0] == 0
    np.testing.assert_array_equal(steps == 255, hole)
    blended = read_image(tmp_path / "p.tif")[:, ~hole] / 254
    expected = np.apply_along_axis(slow_entropy, 0, blended)
    np.testing.assert_allclose(steps[~hole] / 254, expected, atol=0.015)  # both are rounded


@pytest.mark.parametrize("grid", ["input", "model"])
def test_a_resampled_raster(tmp_path, grid):
    image = noise(3, 60, 70)
    image[:, :, 40:] = 0  # the last tiles of a row hold nothing and are not predicted
    write(tmp_path / "a.tif", image, nodata=0)
    half = lambda batch: np.full((len(batch), 2, 8, 8), 0.5, np.float32)  # noqa: E731
    predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", half, num_classes=2, tile=8, gsd=1.0, grid=grid,
        entropy=tmp_path / "e.tif",
    )  # fmt: skip
    mask, entropy = read_image(tmp_path / "m.tif"), read_image(tmp_path / "e.tif")
    np.testing.assert_array_equal(entropy, np.where(mask == 255, 255, 254))
    assert (mask != 255).mean() == pytest.approx(40 / 70, abs=0.02)


def test_its_file_is_its_own(tmp_path):
    write(tmp_path / "a.tif", noise(1, 20, 20))
    with pytest.raises(ConfigError, match="files of their own"):
        predict_raster(
            tmp_path / "a.tif", tmp_path / "m.tif", of_tile, num_classes=3,
            entropy=tmp_path / "m.tif",
        )  # fmt: skip
