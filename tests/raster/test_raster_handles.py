"""Opening rasters: with the georeference they have, and none where they have none."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from raster_samples import affine, noise, write

from mmda.raster.io.handles import open_raster
from mmda.raster.io.header import read_header


@pytest.mark.parametrize(
    ("suffix", "overviews"), [(".tif", False), (".tif", True), (".png", False), (".jpg", False)]
)
def test_a_file_without_georeference_gets_none(tmp_path, suffix, overviews):
    path = write(tmp_path / f"i{suffix}", noise(3, 64, 64), None)
    if overviews:
        with rasterio.open(path, "r+") as dataset:
            dataset.build_overviews([2])
    for _ in range(3):
        with open_raster(str(path)) as dataset:
            assert dataset.transform == Affine.identity()
        assert read_header(str(path)).transform is None


def test_jpeg_is_read_without_its_implicit_overviews(tmp_path):
    path = write(tmp_path / "i.jpg", noise(3, 1024, 1024), None)
    with rasterio.open(path) as dataset:
        assert dataset.overviews(1)
    with open_raster(str(path)) as dataset:
        assert not dataset.overviews(1)


@pytest.mark.parametrize("overviews", [False, True])
def test_resampling_does_not_see_overviews(tmp_path, overviews):
    image = noise(1, 64, 64)
    path = write(tmp_path / "i.tif", image)
    if overviews:
        with rasterio.open(path, "r+") as dataset:
            dataset.build_overviews([4], rasterio.enums.Resampling.nearest)
    with open_raster(str(path)) as dataset:
        assert dataset.transform == affine(0.5)
        found = dataset.read(
            1, out_shape=(16, 16), resampling=rasterio.enums.Resampling.average
        ).astype(float)
    blocks = image[0].astype(float).reshape(16, 4, 16, 4).mean((1, 3))
    np.testing.assert_allclose(found, blocks, atol=0.51)
