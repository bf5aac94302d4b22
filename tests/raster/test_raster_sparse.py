"""Blocks that a sparse GeoTIFF does not store: they are no data where such pixels are, unread."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from raster_samples import UTM, affine, noise, predict_raster
from rasterio.windows import Window

from mmda.raster.io.reading import RasterReader
from mmda.raster.mapping.strips import StripReader

SIZE, TILE = 1200, 128


def by_pixel(batch):
    return (batch[:, :1] % 4 == np.arange(4)[:, None, None]).astype(np.float32)


def write_sparse(path, bands=3, patch=None, **options):
    """Write a raster whose blocks are stored in a patch of 100 x 200 pixels alone."""
    patch = noise(bands, 100, 200) if patch is None else patch
    layout = dict(tiled=True, blockxsize=128, blockysize=128, sparse_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", height=SIZE, width=SIZE + 2000, count=bands, dtype=patch.dtype,
        crs=UTM, transform=affine(0.5), **layout, **options,
    ) as raster:  # fmt: skip
        raster.write(patch, window=Window(2500, 600, 200, 100))
    return patch


@pytest.fixture
def areas(monkeypatch):
    """The areas that are read."""
    read, found = RasterReader.read, []
    monkeypatch.setattr(
        RasterReader, "read", lambda self, area: (found.append(area), read(self, area))[1]
    )
    return found


def run(path, **options):
    out = path.with_name("mask.tif")
    summary = predict_raster(path, out, by_pixel, num_classes=4, tile=TILE, **options)
    with rasterio.open(out) as mask:
        return summary, mask.read(1)


@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_blocks_that_are_not_stored_are_no_data_and_not_read(tmp_path, areas, interleave):
    patch = write_sparse(tmp_path / "a.tif", nodata=0, interleave=interleave)
    summary, mask = run(tmp_path / "a.tif")
    expected = np.full((SIZE, SIZE + 2000), 255)
    expected[600:700, 2500:2700] = patch[0] % 4
    np.testing.assert_array_equal(mask, expected)
    assert summary.ignore_pixels == expected.size - 20_000
    assert areas
    assert all(area.col == 2048 for area in areas)
    assert sum(area.height for area in areas) < 500


def test_strips_without_data_take_no_memory(tmp_path, monkeypatch):
    write_sparse(tmp_path / "a.tif", nodata=0)
    seen, strips = [], StripReader.__iter__
    monkeypatch.setattr(
        StripReader,
        "__iter__",
        lambda self: (seen.append((s.image.strides, s.valid.any())) or s for s in strips(self)),
    )
    run(tmp_path / "a.tif")
    empty = [strides == (0, 0, 0) for strides, _ in seen]
    assert empty == [True] * 4 + [False] * 3 + [True] * 4  # the blocks have the rows 512 to 640
    assert any(data for _, data in seen[5:7])


def test_an_alpha_band_that_is_not_stored_is_transparent(tmp_path, areas):
    patch = noise(4, 100, 200)
    patch[3] = 255
    write_sparse(tmp_path / "a.tif", 4, patch, photometric="RGB", alpha="YES")
    _, mask = run(tmp_path / "a.tif")
    assert (mask != 255).sum() == 20_000
    assert all(area.col == 2048 for area in areas)


def test_without_a_no_data_value_they_are_black_pixels(tmp_path, areas):
    write_sparse(tmp_path / "a.tif")
    summary, mask = run(tmp_path / "a.tif")
    assert summary.ignore_pixels == 0
    assert (mask[:500] == 0).all()
    assert sum(area.height * area.width for area in areas) == mask.size


def test_another_no_data_value_than_the_files_does_not_hide_them(tmp_path):
    write_sparse(tmp_path / "a.tif", nodata=0)
    summary, mask = run(tmp_path / "a.tif", nodata=7)
    assert (mask[:500] == 0).all()
    assert summary.ignore_pixels < 1000


def test_a_resampled_raster(tmp_path, areas):
    write_sparse(tmp_path / "a.tif", nodata=0)
    _, mask = run(tmp_path / "a.tif", gsd=1, grid="model")
    assert (mask != 255).sum() == 5_000
    assert sum(area.height for area in areas) < 500
