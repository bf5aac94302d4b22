"""Maps as cloud-optimised GeoTIFFs: overviews, tags, atomic files."""

from __future__ import annotations

import itertools
import os
from collections import Counter

import numpy as np
import pytest
import rasterio
from affine import Affine
from forks import fork
from raster_samples import affine, noise, predict_raster, write
from rasterio.control import GroundControlPoint
from rio_cogeo.cogeo import cog_validate

from mmda.raster.mapping.cog import cog_writer
from mmda.raster.mapping.rasters import mask_writer, share_writer
from mmda.raster.mapping.shrink import shrink_classes, shrink_values
from mmda.raster.mapping.write import Frame

PLACE = {"transform": affine(0.5), "crs": "EPSG:32633"}


def push(writer, image, chunk=37):
    for top in range(0, image.shape[1], chunk):
        writer.write(image[:, top : top + chunk])


def overviews(path):
    with rasterio.open(path) as dataset:
        count = len(dataset.overviews(1))
    levels = []
    for level in range(count):
        with rasterio.open(path, overview_level=level) as dataset:
            levels.append(dataset.read())
    return levels


def by_hand(image, shrink):
    """Halve pixel by pixel."""
    bands, height, width = image.shape
    out = np.empty((bands, -(-height // 2), -(-width // 2)), np.uint8)
    for band, row, col in itertools.product(*map(range, out.shape)):
        block = image[band, 2 * row : 2 * row + 2, 2 * col : 2 * col + 2].ravel()
        out[band, row, col] = shrink([int(value) for value in block if value != 255])
    return out


def most_frequent(values):
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value), default=255)


def mean(values):
    return int(np.floor(np.mean(values) + 0.5)) if values else 255


@pytest.mark.parametrize(
    ("shrink", "oracle"), [(shrink_classes, most_frequent), (shrink_values, mean)]
)
@pytest.mark.parametrize("values", [[0, 1, 2, 3, 255], [3, 254], [0, 1]])
def test_halving(shrink, oracle, values):
    blocks = np.array(list(itertools.product(values, repeat=4)), np.uint8)
    image = blocks.reshape(-1, 2, 2).transpose(1, 0, 2).reshape(1, 2, -1)
    for rows in (image, image[:, :, :-1], image[:, :1]):
        np.testing.assert_array_equal(shrink(rows[0]), by_hand(rows, oracle)[0])


@pytest.mark.parametrize("shape", [(1100, 1301), (1025, 513), (513, 2), (512, 512), (3, 2050)])
def test_a_mask_is_a_valid_cog_with_overviews_by_mode(tmp_path, shape):
    image = np.random.default_rng(0).choice([0, 1, 2, 255], shape).astype(np.uint8)[None]
    palette = [[1, 2, 3], [40, 50, 60], [7, 8, 9]]
    with mask_writer(tmp_path / "m.tif", Frame(*shape, PLACE), ["a", "b", "c"], palette) as writer:
        push(writer, image)
    valid, errors, warnings = cog_validate(tmp_path / "m.tif", strict=True, quiet=True)
    assert (valid, errors, warnings) == (True, [], [])
    expected, levels = [image], overviews(tmp_path / "m.tif")
    while max(expected[-1].shape) > 512:
        expected.append(shrink_classes(expected[-1][0])[None])
    assert len(levels) == len(expected) - 1
    for level, found in zip(expected[1:], levels, strict=True):
        np.testing.assert_array_equal(found, level)
    with rasterio.open(tmp_path / "m.tif") as dataset:
        np.testing.assert_array_equal(dataset.read(), image)
        assert (dataset.nodata, dataset.compression.value) == (255, "DEFLATE")
        assert (dataset.crs, dataset.transform) == ("EPSG:32633", affine(0.5))
        assert dataset.colormap(1)[1] == (40, 50, 60, 255)
        assert dataset.tags()["CLASSES"] == '["a", "b", "c"]'
    assert [path.name for path in tmp_path.iterdir()] == ["m.tif"]


def test_shares_are_a_valid_cog_with_overviews_by_mean(tmp_path):
    image = noise(2, 700, 801, seed=1)
    image[:, 100:200, 50:90] = 255
    frame, path = Frame(700, 801, PLACE), tmp_path / "odd & <name>'s.tif"
    with share_writer(path, frame, 2, ["a", "b"], {"MODEL": "x"}) as writer:
        push(writer, image)
    assert cog_validate(path, strict=True, quiet=True) == (True, [], [])
    (level,) = overviews(path)
    np.testing.assert_array_equal(level, [shrink_values(band) for band in image])
    with rasterio.open(path) as dataset:
        assert (dataset.descriptions, dataset.tags()["MODEL"]) == (("a", "b"), "x")
        assert dataset.scales == pytest.approx([1 / 254] * 2)
        np.testing.assert_array_equal(dataset.read(), image)


@pytest.mark.parametrize(
    "place",
    [
        {"transform": Affine(0.3, 0.1, 5e5, 0.1, 0.3, 5e6), "crs": "EPSG:32633"},  # turned
        {"gcps": [GroundControlPoint(*p) for p in ((0, 0, 1, 2), (0, 9, 3, 2.5), (9, 0, 1, 4))],
         "crs": "EPSG:4326"},
        {},
    ],
)  # fmt: skip
def test_places_of_any_kind_are_kept(tmp_path, place):
    image = noise(1, 9, 9)
    with cog_writer(tmp_path / "a.tif", Frame(9, 9, place), 1, shrink_values) as writer:
        writer.write(image)
    with rasterio.open(tmp_path / "a.tif") as dataset:
        np.testing.assert_array_equal(dataset.read(), image)
        assert dataset.transform == place.get("transform", Affine.identity())
        assert len(dataset.gcps[0]) == len(place.get("gcps", []))
        assert dataset.crs == (place["crs"] if "transform" in place else None)


def test_a_failure_leaves_nothing_and_keeps_what_was_there(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"before")

    def stopped():
        with cog_writer(tmp_path / "a.tif", Frame(900, 9, {}), 1, shrink_values) as writer:
            writer.write(noise(1, 300, 9))
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        stopped()
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.tif", b"before")]


def test_all_rasters_of_a_map_are_valid_cogs_with_tags(tmp_path):
    image = noise(3, 600, 90)
    image[:, :40] = 0
    write(tmp_path / "a.tif", image, nodata=0, TIFFTAG_DATETIME="2024:05:06 07:08:09")
    with rasterio.open(tmp_path / "a.tif", "r+") as dataset:
        dataset.update_tags(TIFFTAG_DATETIME="2024:05:06 07:08:09")

    def predict(batch):
        share = batch[:, :1].astype(np.float32) / 255
        return np.concatenate([1 - share, share], axis=1)

    names = ("probabilities", "confidence", "entropy")
    more = {name: tmp_path / f"{name}.tif" for name in names}
    predict_raster(tmp_path / "a.tif", tmp_path / "mask.tif", predict, num_classes=2, tile=64,
                   model="m", tags={"METRICS": "{}"}, **more)  # fmt: skip
    for path in (tmp_path / "mask.tif", *more.values()):
        assert cog_validate(path, strict=True, quiet=True) == (True, [], [])
        with rasterio.open(path) as dataset:
            tags = dataset.tags()
        assert (tags["MODEL"], tags["METRICS"]) == ("m", "{}")
        assert tags["TIFFTAG_DATETIME"] == "2024:05:06 07:08:09"
    with rasterio.open(more["confidence"]) as sure, rasterio.open(more["probabilities"]) as shares:
        found, shares = sure.read(1), shares.read()
        assert sure.descriptions == ("confidence",)
    np.testing.assert_array_equal(found, shares.max(0))
    assert (found[:40] == 255).all() and (found[40:] >= 127).all()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked on Windows")
def test_a_fork_writes_after_its_parent_did(tmp_path):
    image = noise(1, 1200, 1100, seed=4) % 3
    paths = [tmp_path / "parent.tif", tmp_path / "child.tif"]

    def work(path):
        with cog_writer(path, Frame(1200, 1100, PLACE), 1, shrink_classes) as writer:
            push(writer, image)

    work(paths[0])
    child = fork(work, paths[1])
    child.join(60)
    child.kill()
    child.join()
    assert child.exitcode == 0
    np.testing.assert_equal(overviews(paths[1]), overviews(paths[0]))
