"""Tiles assembled from GDAL's head are what GDAL would have written."""

import numpy as np
import pytest
from affine import Affine
from raster_samples import affine, noise
from rasterio.crs import CRS
from rasterio.io import MemoryFile

from mmda.raster.tiling.geotiff import GeoTiffEncoder

ROTATED = Affine(0.3, 0.1, 500000, 0.1, -0.3, 5000000)
SOUTH_UP = Affine(0.3, 0, 500000, 0, 0.3, 5000000)


def read(data):
    with MemoryFile(data) as file, file.open() as dataset:
        told = (dataset.profile, dataset.colorinterp, dataset.tags(), dataset.mask_flag_enums)
        return told, dataset.read(), dataset.dataset_mask()


@pytest.mark.parametrize("shape", [(64, 64), (1, 1), (200, 170)])
@pytest.mark.parametrize(("bands", "dtype"), [(1, "uint8"), (3, "uint8"), (4, "uint16")])
@pytest.mark.parametrize("transform", [None, affine(0.3), ROTATED, SOUTH_UP])
@pytest.mark.parametrize("nodata", [None, 0])
def test_as_gdal_writes_it(shape, bands, dtype, transform, nodata):
    encoder = GeoTiffEncoder(CRS.from_epsg(32633), nodata)
    for index in range(3):
        image = noise(bands, *shape, dtype, seed=index)
        place = transform and transform @ Affine.translation(17 * index, 5 * index)
        ours, pixels, _ = read(encoder.encode(image, None, place))
        assert ours == read(encoder._encode_by_gdal(image, None, place))[0]
        np.testing.assert_array_equal(pixels, image)
    assert (None in encoder._heads.values()) == (transform in (ROTATED, SOUTH_UP))


@pytest.mark.parametrize(
    ("dtype", "bands", "shape"),
    [("float32", 2, (40, 50)), ("uint8", 70, (40, 50)), ("uint8", 1, (200, 70))],
    ids=["float", "many bands", "short strips"],
)
def test_other_types_many_bands_and_short_strips(dtype, bands, shape):
    image = noise(bands, *shape, dtype)
    encoder = GeoTiffEncoder(CRS.from_epsg(32633), None)
    told, pixels, _ = read(encoder.encode(image, None, affine(0.3)))
    assert told[0]["transform"] == affine(0.3)
    np.testing.assert_array_equal(pixels, image)


def test_invalid_pixels_without_a_no_data_value_get_a_mask():
    image, valid = noise(3, 40, 50), noise(1, 40, 50)[0] > 100
    _, pixels, mask = read(GeoTiffEncoder(None, None).encode(image, valid))
    np.testing.assert_array_equal(pixels, image)
    np.testing.assert_array_equal(mask > 0, valid)
