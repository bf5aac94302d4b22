"""The invariant of the reader: the network sees on the map what tiling wrote into the tiles."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raster_samples import noise, predict_raster, tile

from mmda.raster import Scene, read_dataset_info
from mmda.raster.dataset.domain import TiledDomain, row_window
from mmda.raster.dataset.tile_files import read_tile
from mmda.raster.dataset.training_data import TrainingData
from mmda.raster.io.fill import fill_invalid

TILE = 24
PLACES = {  # CRS, origin, CRS units per metre across and down
    "utm": ("EPSG:32633", (500000.0, 5000000.0), 1.0, 1.0),
    "mercator at 60 N": ("EPSG:3857", (2771864.0, 8399738.0), 2.0, 2.0),
    "degrees at 60 N": ("EPSG:4326", (24.9, 60.2), 1 / 55800, 1 / 111400),
    "degrees across 180": ("EPSG:4326", (179.9998, -16.5), 1 / 106700, 1 / 110600),
    "feet": ("EPSG:2263", (984000.0, 207000.0), 3.28083333, 3.28083333),
}


def write_scene(path, place, size, dtype, missing, pixel, seed):
    """Write a raster with pixels of ``pixel`` ground metres and a hole; return its no-data."""
    crs, origin, across, down = PLACES[place]
    height, width = size
    image = noise(3, height, width, dtype, seed)
    hole = np.s_[height // 3 : height // 3 + 7, width // 4 : width // 2]
    nodata = None
    options = {}
    if missing == "tag":
        nodata = -9999.0 if dtype == "float32" else 0
        image[(slice(None), *hole)] = nodata
    if missing == "nan":
        image[(slice(0, 1), *hole)] = np.nan
    if missing == "alpha":
        opacity = np.full((1, height, width), np.iinfo(dtype).max, dtype)
        opacity[(slice(None), *hole)] = 0
        image = np.concatenate([image, opacity])
        options = {"photometric": "RGB", "alpha": "YES"}
    transform = Affine(pixel * across, 0, origin[0], 0, -pixel * down, origin[1])
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=len(image),
        dtype=image.dtype, crs=crs, transform=transform, nodata=nodata, **options,
    ) as out:  # fmt: skip
        out.write(image)
        if missing == "mask":
            mask = np.full((height, width), 255, np.uint8)
            mask[hole] = 0
            out.write_mask(mask)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    place=st.sampled_from(sorted(PLACES)),
    size=st.tuples(st.integers(20, 70), st.integers(20, 70)),
    kind=st.sampled_from(
        [("uint8", "none"), ("uint8", "tag"), ("uint8", "alpha"), ("uint8", "mask"),
         ("uint16", "tag"), ("uint16", "alpha"), ("float32", "tag"), ("float32", "nan")]
    ),
    ratio=st.sampled_from([None, 0.45, 0.8, 1.0, 1.3, 2.0, 3.7]),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_prediction_and_training_from_rasters_see_the_tiles(
    tmp_path_factory, place, size, kind, ratio, seed
):
    folder = tmp_path_factory.mktemp("invariant")
    dtype, missing = kind
    path = folder / "s.tif"
    write_scene(path, place, size, dtype, missing, 0.5, seed)
    gsd = None if ratio is None else 0.5 * ratio
    options = {"tile": TILE, "edge": "shift", "gsd": gsd, "min_valid": 0}
    tile([Scene("s", str(path))], folder / "tiled", **options)
    data = TrainingData.of(read_dataset_info(folder / "tiled"))
    seen = {}

    def spy(batch):
        for image in batch:
            seen[image.tobytes()] = image
        return np.full((len(batch), 2, TILE, TILE), 0.5, np.float32)

    predict_raster(
        path, folder / "m.tif", spy, num_classes=2, tile=TILE, overlap=0, data=data, progress=False
    )
    domain = TiledDomain(folder / "tiled")
    rows = domain.rows()
    windows = domain.window_reader(rows, labelled=False)
    assert rows
    for row in rows:
        image, valid = read_tile(str(folder / "tiled" / row["image"]))
        pixels = windows.read("s", row_window(row))
        np.testing.assert_array_equal(pixels.image, np.moveaxis(image, -1, 0))
        np.testing.assert_array_equal(pixels.valid, valid)
        if valid is not None:
            image = fill_invalid(image, valid)
        expected = np.moveaxis(image, -1, 0)
        assert expected.dtype == np.dtype(dtype)
        assert expected.tobytes() in seen, (place, kind, ratio, row["row"], row["col"])


def test_a_map_comes_back_onto_the_rasters_own_pixels(tmp_path):
    """Class and no-data of every pixel, whatever the ground sample distance of the model."""
    height, width = 61, 47
    image = np.full((3, height, width), 10, np.uint8)
    image[:, 20:40, 10:30] = 200
    image[:, :, 40:] = 0
    transform = Affine(0.5, 0, 5e5, 0, -0.5, 5e6)
    with rasterio.open(
        tmp_path / "s.tif", "w", driver="GTiff", height=height, width=width, count=3,
        dtype="uint8", crs="EPSG:32633", transform=transform, nodata=0,
    ) as out:  # fmt: skip
        out.write(image)

    def bright(batch):
        share = batch[:, :1].astype(np.float32) / 255
        return np.concatenate([1 - share, share], axis=1)

    truth = np.where(image[0] == 200, 1, 0)
    truth[:, 40:] = 255
    for gsd in (None, 0.25, 0.4, 0.7, 1.0, 1.5):
        summary = predict_raster(
            tmp_path / "s.tif", tmp_path / "m.tif", bright, num_classes=2, tile=16, gsd=gsd,
            probabilities=tmp_path / "p.tif",
        )  # fmt: skip
        with rasterio.open(tmp_path / "m.tif") as dataset:
            mask = dataset.read(1)
            assert dataset.transform == transform
        assert mask.shape == (height, width)
        assert (summary.height, summary.width) == (height, width)
        np.testing.assert_array_equal(mask == 255, truth == 255)
        # Only outlines of the square may move, by less than a pixel of the model.
        inner = truth[:, :40] == mask[:, :40]
        assert inner.mean() > (1 if gsd in (None, 0.25) else 0.95) - 1e-9, gsd
        assert summary.class_pixels[0] + summary.class_pixels[1] == height * 40
        with rasterio.open(tmp_path / "p.tif") as dataset:
            steps = dataset.read()
        assert steps.shape == (2, height, width)
        assert (steps[:, :, 40:] == 255).all()
        assert abs(steps[:, :, :40].astype(int).sum(axis=0) - 254).max() <= 1


@pytest.mark.parametrize("strips", [8, 16, 33])
def test_the_way_back_does_not_depend_on_the_strips(tmp_path, strips):
    path = tmp_path / "s.tif"
    write_scene(path, "utm", (70, 50), "uint8", "none", 0.5, 3)

    def shade(batch):
        share = batch[:, :1].astype(np.float32) / 255
        return np.concatenate([1 - share, share], axis=1)

    masks = []
    for tile_size in (80, strips):
        predict_raster(
            path, tmp_path / "m.tif", shade, num_classes=2, tile=tile_size, overlap=0, gsd=0.8
        )
        with rasterio.open(tmp_path / "m.tif") as dataset:
            masks.append(dataset.read(1))
    # Sums of float32 in another order may decide a tie otherwise.
    assert (masks[0] != masks[1]).mean() < 0.002


def test_the_nearest_valid_pixel_fills_a_hole():
    image = np.arange(25, dtype=np.uint8).reshape(5, 5, 1)
    valid = np.ones((5, 5), bool)
    valid[1:4, 3:] = False
    filled = fill_invalid(image, valid)
    rows, cols = np.nonzero(valid)
    for row, col in zip(*np.nonzero(~valid), strict=True):
        distances = np.hypot(rows - row, cols - col)
        nearest = {
            int(image[r, c, 0])
            for r, c in zip(
                rows[distances == distances.min()], cols[distances == distances.min()], strict=True
            )
        }
        assert int(filled[row, col, 0]) in nearest
    np.testing.assert_array_equal(filled[valid], image[valid])
    assert fill_invalid(image, np.zeros((5, 5), bool)) is image
