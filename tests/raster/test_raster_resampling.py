"""Resampling of images and labels: right values, no seams between areas."""

import numpy as np
import pytest
import rasterio
from raster_samples import noise, write
from rasterio.enums import ColorInterp, Resampling

from mmda.raster.dataset.scene_reader import SceneGrid
from mmda.raster.io.handles import HandlePool
from mmda.raster.io.header import read_header
from mmda.raster.labels.readers import label_reader
from mmda.raster.scene import RasterLabels, Scene
from mmda.raster.windows import Window, tile_windows


def source_of(path, gsd, nodata=None):
    return SceneGrid.of(Scene("s", str(path), nodata=nodata), gsd)


@pytest.mark.parametrize("gsd", [0.5, 0.8, 1.0, 1.3, 0.3])
def test_image_and_label_have_no_seams(tmp_path, gsd):
    path = write(tmp_path / "i.tif", noise(3, 97, 121))
    mask = write(tmp_path / "m.tif", noise(1, 97, 121, seed=5) % 4)
    source = source_of(path, gsd)
    grid = source.grid
    scene = Scene("s", str(path), label=RasterLabels(str(mask)))
    pool = HandlePool()
    labels, images = label_reader(scene, grid, pool, ("a", "b", "c", "d")), source.reader(pool)
    whole = Window(0, 0, grid.height, grid.width)
    image, valid = images.read(whole)
    label = labels.read(whole)
    assert valid is None
    for window in tile_windows(grid.height, grid.width, 23, edge="pad"):
        part = window.clip(grid.height, grid.width)
        tile, _ = images.read(part)
        np.testing.assert_array_equal(tile, image[(slice(None), *part.slices)])
        np.testing.assert_array_equal(labels.read(part), label[part.slices])
    pool.close()


def test_shrinking_averages_and_takes_the_mode(tmp_path):
    image = np.arange(16, dtype=np.uint8).reshape(1, 4, 4) * 10
    ids = np.array([[1, 1, 0, 0], [1, 0, 0, 2], [2, 2, 1, 0], [2, 0, 1, 0]], np.uint8)
    path, mask = write(tmp_path / "i.tif", image), write(tmp_path / "m.tif", ids[None])
    source = source_of(path, 1.0)
    grid = source.grid
    assert (grid.height, grid.width, grid.gsd) == (2, 2, 1.0)
    scene = Scene("s", str(path), label=RasterLabels(str(mask)))
    area = Window(0, 0, 2, 2)
    values, _ = source.reader(HandlePool()).read(area)
    np.testing.assert_array_equal(values[0], image[0].reshape(2, 2, 2, 2).mean(axis=(1, 3)))
    label = label_reader(scene, grid, HandlePool(), ("a", "b", "c")).read(area)
    # The last block has two pixels of 0 and two of 1: the lower id wins.
    assert label.tolist() == [[1, 0], [2, 0]]


def test_enlarging_labels_takes_the_nearest(tmp_path):
    ids = noise(1, 5, 7, seed=3) % 3
    path, mask = write(tmp_path / "i.tif", noise(3, 5, 7)), write(tmp_path / "m.tif", ids)
    grid = source_of(path, 0.25).grid
    scene = Scene("s", str(path), label=RasterLabels(str(mask)))
    label = label_reader(scene, grid, HandlePool(), ("a", "b", "c")).read(Window(0, 0, 10, 14))
    np.testing.assert_array_equal(label, ids[0].repeat(2, 0).repeat(2, 1))


def test_shrinking_ignores_overviews(tmp_path):
    path = write(tmp_path / "i.tif", noise(1, 64, 64))
    area = Window(0, 0, 32, 32)
    before, _ = source_of(path, 1.0).reader(HandlePool()).read(area)
    with rasterio.open(path, "r+") as dataset:
        dataset.build_overviews([2], Resampling.nearest)
    after, _ = source_of(path, 1.0).reader(HandlePool()).read(area)
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("gsd", [0.5, 1.0])
@pytest.mark.parametrize("kind", ["tag", "override", "alpha", "mask", "nan"])
def test_validity(tmp_path, gsd, kind):
    image = noise(3, 40, 40, "float32" if kind == "nan" else "uint8")
    image[:, :, 20:] = np.nan if kind == "nan" else 0
    image[0, :, :20] = 0 if kind == "tag" else image[0, :, :20]
    alpha = np.zeros((1, 40, 40), np.uint8)
    alpha[:, :, :20] = 255
    path = tmp_path / "i.tif"
    if kind == "alpha":
        write(path, np.concatenate([image, alpha]), photometric="RGB", alpha="YES")
    else:
        write(path, image, nodata=0 if kind == "tag" else None)
    if kind == "mask":
        with rasterio.open(path, "r+") as out:
            out.write_mask(alpha[0])
    nodata = 0.0 if kind == "override" else None
    source = source_of(path, gsd, nodata)
    grid = source.grid
    assert len(source.header.bands) == 3
    values, valid = source.reader(HandlePool()).read(Window(0, 0, grid.height, grid.width))
    half = grid.width // 2
    assert valid[:, :half].all()
    assert not valid[:, half:].any()
    assert (values[:, :, half:] == 0).all()


def test_geographic_gsd_is_in_metres(tmp_path):
    from affine import Affine

    degree = 1 / 111195 * 0.5
    transform = Affine(degree * 2, 0, 10, 0, -degree, 60)
    path = write(tmp_path / "i.tif", noise(3, 8, 8), transform=transform, crs="EPSG:4326")
    assert read_header(str(path)).gsd == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("gsd", [0.5, 0.8, 1.0, 0.3])
def test_a_fourth_band_tagged_alpha_is_a_band(tmp_path, gsd):
    """GDAL tags the fourth band of an 8-bit GeoTIFF as alpha, near infrared or not."""
    image = noise(4, 60, 70)
    image[3, :, :30] = 0  # water is black in the near infrared, and no hole
    tagged = write(tmp_path / "tagged.tif", image)
    plain = write(tmp_path / "plain.tif", image, photometric="MINISBLACK", alpha="NO")
    found = []
    for path in (tagged, plain):
        source = source_of(path, gsd)
        grid = source.grid
        assert source.header.bands == (1, 2, 3, 4)
        area = Window(3, 5, grid.height - 7, grid.width - 9)
        values, valid = source.reader(HandlePool()).read(area)
        assert valid is None
        found.append(values)
    with rasterio.open(tagged) as dataset:
        assert dataset.colorinterp[3] == ColorInterp.alpha
    np.testing.assert_array_equal(*found)
