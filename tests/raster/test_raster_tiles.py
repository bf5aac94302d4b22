"""The tiles of a raster, of which each pixel counts once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raster_samples import noise, write

from mmda.errors import DataError
from mmda.raster.mapping.mosaic import MosaicGrid
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.tiles import RasterTileReader


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(5, 40), st.integers(5, 40), st.integers(8, 20), st.integers(1, 3))
def test_every_pixel_with_data_counts_once(tmp_path, height, width, tile, batch_size):
    image = noise(2, height, width, seed=height)
    image[:, : height // 3, width // 2 :] = 0
    path = write(tmp_path / "image.tif", image, nodata=0)
    options = PredictOptions(tile=tile, batch_size=batch_size)
    seen = np.zeros((height + tile, width + tile), int)
    grid = MosaicGrid(height, width, tile, overlap=0)
    places = [(top, left) for top in grid.rows for left in grid.cols]
    valid = image.any(0)
    padded = np.pad(image, ((0, 0), (0, tile), (0, tile)))
    for pixels, counted in RasterTileReader(path, options):
        assert len(pixels) <= batch_size
        for one, mask in zip(pixels, counted, strict=True):
            while True:  # tiles without data are left out
                top, left = places.pop(0)
                if valid[top : top + tile, left : left + tile].any():
                    break
            area = padded[:, top : top + tile, left : left + tile]
            assert (one[:, mask] == area[:, mask]).all()
            seen[top : top + tile, left : left + tile] += mask
    assert (seen[:height, :width] == valid).all()
    assert seen.sum() == valid.sum()


def test_bands_that_the_model_does_not_expect(tmp_path):
    path = write(tmp_path / "image.tif", noise(4, 20, 20))
    with pytest.raises(DataError, match="got 4 bands"):
        next(iter(RasterTileReader(path, PredictOptions(), num_bands=3)))
    with pytest.raises(DataError, match="does not exist"):
        next(iter(RasterTileReader(tmp_path / "gone.tif", PredictOptions())))
