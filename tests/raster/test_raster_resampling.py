"""Resampling of images and labels: right values, no seams between areas."""

import numpy as np
import pytest
from raster_samples import noise, write

from mmda.raster.io.grid import make_grid
from mmda.raster.io.handles import HandlePool, open_raster
from mmda.raster.io.header import read_header
from mmda.raster.io.reading import read_image
from mmda.raster.labels.readers import label_reader
from mmda.raster.scene import RasterLabels, Scene
from mmda.raster.windows import Window, tile_windows


def grid_of(path, gsd):
    header = read_header(str(path))
    return header, make_grid(Scene("s", str(path)), header, gsd)


@pytest.mark.parametrize("gsd", [0.5, 0.8, 1.0, 1.3, 0.3])
def test_image_and_label_have_no_seams(tmp_path, gsd):
    path = write(tmp_path / "i.tif", noise(3, 97, 121))
    mask = write(tmp_path / "m.tif", noise(1, 97, 121, seed=5) % 4)
    header, grid = grid_of(path, gsd)
    scene = Scene("s", str(path), label=RasterLabels(str(mask)))
    reader = label_reader(scene, grid, HandlePool(), ("a", "b", "c", "d"))
    whole = Window(0, 0, grid.height, grid.width)
    with open_raster(str(path)) as dataset:
        image, valid = read_image(dataset, header, grid, whole)
        label = reader.read(whole)
        assert valid is None
        for window in tile_windows(grid.height, grid.width, 23, edge="pad"):
            part = window.clip(grid.height, grid.width)
            box = (slice(part.row, part.row + part.height), slice(part.col, part.col + part.width))
            tile, _ = read_image(dataset, header, grid, part)
            np.testing.assert_array_equal(tile, image[(slice(None), *box)])
            np.testing.assert_array_equal(reader.read(part), label[box])


def test_shrinking_averages_and_takes_the_mode(tmp_path):
    image = np.arange(16, dtype=np.uint8).reshape(1, 4, 4) * 10
    ids = np.array([[1, 1, 0, 0], [1, 0, 0, 2], [2, 2, 1, 0], [2, 0, 1, 0]], np.uint8)
    path, mask = write(tmp_path / "i.tif", image), write(tmp_path / "m.tif", ids[None])
    header, grid = grid_of(path, 1.0)
    assert (grid.height, grid.width, grid.gsd) == (2, 2, 1.0)
    scene = Scene("s", str(path), label=RasterLabels(str(mask)))
    area = Window(0, 0, 2, 2)
    with open_raster(str(path)) as dataset:
        values, _ = read_image(dataset, header, grid, area)
    np.testing.assert_array_equal(values[0], image[0].reshape(2, 2, 2, 2).mean(axis=(1, 3)))
    label = label_reader(scene, grid, HandlePool(), ("a", "b", "c")).read(area)
    # The last block has two pixels of 0 and two of 1: the lower id wins.
    assert label.tolist() == [[1, 0], [2, 0]]


def test_enlarging_labels_takes_the_nearest(tmp_path):
    ids = noise(1, 5, 7, seed=3) % 3
    path, mask = write(tmp_path / "i.tif", noise(3, 5, 7)), write(tmp_path / "m.tif", ids)
    _, grid = grid_of(path, 0.25)
    scene = Scene("s", str(path), label=RasterLabels(str(mask)))
    label = label_reader(scene, grid, HandlePool(), ("a", "b", "c")).read(Window(0, 0, 10, 14))
    np.testing.assert_array_equal(label, ids[0].repeat(2, 0).repeat(2, 1))


def test_shrinking_ignores_overviews(tmp_path):
    import rasterio
    from rasterio.enums import Resampling

    path = write(tmp_path / "i.tif", noise(1, 64, 64))
    header, grid = grid_of(path, 1.0)
    area = Window(0, 0, 32, 32)
    with open_raster(str(path)) as dataset:
        before, _ = read_image(dataset, header, grid, area)
    with rasterio.open(path, "r+") as dataset:
        dataset.build_overviews([2], Resampling.nearest)
    with open_raster(str(path)) as dataset:
        after, _ = read_image(dataset, header, grid, area)
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
        import rasterio

        with rasterio.open(path, "r+") as out:
            out.write_mask(alpha[0])
    nodata = 0.0 if kind == "override" else None
    header = read_header(str(path), nodata)
    assert len(header.bands) == 3
    grid = make_grid(Scene("s", str(path)), header, gsd)
    with open_raster(str(path), nodata) as dataset:
        values, valid = read_image(dataset, header, grid, Window(0, 0, grid.height, grid.width))
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
        header, grid = grid_of(path, gsd)
        assert header.bands == (1, 2, 3, 4)
        with open_raster(str(path)) as dataset:
            area = Window(3, 5, grid.height - 7, grid.width - 9)
            values, valid = read_image(dataset, header, grid, area)
        assert valid is None
        found.append(values.astype(int))
    assert header_tags(tagged, plain) == [True, False]
    assert abs(found[0] - found[1]).max() <= (0 if gsd == 0.5 else 1)


def header_tags(*paths):
    return [read_header(str(path)).false_alpha for path in paths]
