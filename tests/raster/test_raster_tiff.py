"""One TIFF of several, whose tiles are copied as they are."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import tifffile
from raster_samples import affine, noise
from rio_cogeo.cogeo import cog_validate

from mmda.raster.mapping.tiff import join_levels
from mmda.raster.mapping.write import Frame, RowWriter


@pytest.fixture
def levels(tmp_path):
    """A raster of 600 x 700 pixels in whose middle there are no data, and two overviews."""
    images = [noise(2, 600 >> level, 700 >> level, seed=level) for level in range(3)]
    images[0][:, 256:512, 256:512] = 255
    for number, image in enumerate(images):
        place = {} if number else {"transform": affine(0.5), "crs": "EPSG:32633"}
        frame = Frame(*image.shape[1:], place)
        with RowWriter(tmp_path / f"{number}.tif", frame, 2, interleave="pixel") as writer:
            writer.write(image)
            if not number:
                writer.dataset.update_tags(MODEL="x" * 101)
                writer.dataset.set_band_description(2, "second")
    return [tmp_path / f"{number}.tif" for number in range(3)], images


@pytest.mark.parametrize("big", [False, True])
def test_the_tiles_of_all_levels_are_there(tmp_path, levels, big):
    files, images = levels
    out = tmp_path / "joined.tif"
    join_levels(files, out, **({"classic_limit": 0} if big else {}))
    assert cog_validate(out, strict=True, quiet=True) == (True, [], [])
    with rasterio.open(out) as dataset:
        assert dataset.overviews(1) == [2, 4]
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (dataset.tags()["MODEL"], dataset.descriptions[1]) == ("x" * 101, "second")
        assert (dataset.crs, dataset.transform) == ("EPSG:32633", affine(0.5))
        np.testing.assert_array_equal(dataset.read(), images[0])
    for level, image in enumerate(images[1:]):
        with rasterio.open(out, overview_level=level) as dataset:
            np.testing.assert_array_equal(dataset.read(), image)
    with tifffile.TiffFile(out) as tiff:
        assert tiff.is_bigtiff == big
        for page, image in zip(tiff.pages, images, strict=True):
            np.testing.assert_array_equal(np.moveaxis(page.asarray(), -1, 0), image)
        main = tiff.pages[0]
        assert [size == 0 for size in main.databytecounts] == [i == 4 for i in range(9)]
        assert main.dataoffsets[4] == 0  # the tile without data takes no room


def test_tiles_are_copied_byte_by_byte(tmp_path, levels):
    files, _ = levels
    join_levels(files, tmp_path / "joined.tif")

    def tiles(path, page):
        with tifffile.TiffFile(path) as tiff, path.open("rb") as file:
            found = tiff.pages[page]
            for offset, size in zip(found.dataoffsets, found.databytecounts, strict=True):
                file.seek(offset)
                yield file.read(size)

    for level, path in enumerate(files):
        assert list(tiles(tmp_path / "joined.tif", level)) == list(tiles(path, 0))
    ends = [path.stat().st_size for path in (*files, tmp_path / "joined.tif")]
    assert ends[-1] < sum(ends[:-1]) + 400
