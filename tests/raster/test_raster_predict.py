"""Whole-raster prediction: values, georeference, no-data, memory, bad input."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
import rasterio
from raster_samples import predict_raster
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin

from mmda.errors import ConfigError, DataError
from mmda.raster.io.reading import RasterReader
from mmda.raster.mapping.blending import TileBlender
from mmda.raster.mapping.write import RowWriter

TRANSFORM = from_origin(400_000, 5_300_000, 0.5, 0.5)
PALETTE = [[10, 20, 30], [200, 100, 0], [0, 0, 255], [9, 9, 9]]


def write(path, image, crs="EPSG:32633", transform=TRANSFORM, **options):
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=image.shape[0],
        height=image.shape[1],
        width=image.shape[2],
        dtype=image.dtype,
        crs=crs,
        transform=transform,
        **options,
    ) as dst:
        dst.write(image)
    return path


def read(path):
    with rasterio.open(path) as src:
        return src.read()


def by_pixel(batch):
    """One-hot of band 1 modulo 4."""
    return (batch[:, :1] % 4 == np.arange(4)[:, None, None]).astype(np.float32)


def random_image(height, width, bands=3, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(1, 200, (bands, height, width)).astype(dtype)


@pytest.mark.parametrize(("height", "width"), [(70, 100), (32, 32), (20, 90), (7, 5), (1, 1)])
@pytest.mark.parametrize("overlap", [0, 0.25, 0.6])
def test_a_function_of_the_pixel_is_reproduced(tmp_path, height, width, overlap):
    image = random_image(height, width)
    write(tmp_path / "a.tif", image)
    summary = predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", by_pixel, num_classes=4, tile=32, overlap=overlap
    )
    np.testing.assert_array_equal(read(tmp_path / "m.tif")[0], image[0] % 4)
    assert summary.class_pixels == np.bincount(image[0].ravel() % 4, minlength=4).tolist()
    assert (summary.ignore_pixels, summary.empty_tiles) == (0, 0)


def test_equals_a_whole_array_oracle_for_a_function_of_the_tile(tmp_path):
    def by_tile(batch):
        rng = np.random.default_rng(int(batch.astype(np.int64).sum()) % 2**31)
        raw = rng.random((len(batch), 3, 16, 16), dtype=np.float32)
        return raw / raw.sum(1, keepdims=True)

    image = random_image(45, 60, seed=3)
    write(tmp_path / "a.tif", image)
    predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", by_tile, num_classes=3, tile=16, overlap=0.25,
        batch_size=1, probabilities=tmp_path / "p.tif",
    )  # fmt: skip
    t = np.arange(16) + 0.5
    line = np.clip((np.minimum(t, 16 - t) - 1) / 2, 1e-9, 1)  # of 4 shared pixels 1 is margin
    sums, weights = np.zeros((3, 45, 60)), np.zeros((45, 60))
    for y in (0, 12, 24, 29):
        for x in (0, 12, 24, 36, 44):
            where = np.s_[..., y : y + 16, x : x + 16]
            sums[where] += by_tile(image[where][None])[0] * np.outer(line, line)
            weights[where] += np.outer(line, line)
    np.testing.assert_array_equal(read(tmp_path / "m.tif")[0], (sums / weights).argmax(0))
    np.testing.assert_allclose(
        read(tmp_path / "p.tif") / 254, sums / weights, atol=0.5 / 254 + 1e-5
    )


def test_georeference_colours_and_names_are_kept(tmp_path):
    write(tmp_path / "a.tif", random_image(40, 50))
    summary = predict_raster(
        tmp_path / "a.tif", tmp_path / "sub" / "m.tif", by_pixel, num_classes=4, tile=32,
        classes=["a", "b", "c", "d"], palette=PALETTE, probabilities=tmp_path / "p.tif",
    )  # fmt: skip
    for name in ("sub/m.tif", "p.tif"):
        with rasterio.open(tmp_path / name) as dst:
            assert dst.crs == "EPSG:32633"
            assert dst.transform == TRANSFORM
            assert (dst.nodata, dst.dtypes[0], dst.shape) == (255, "uint8", (40, 50))
            assert dst.profile["tiled"]
            assert dst.profile["compress"] == "deflate"
    with rasterio.open(tmp_path / "sub" / "m.tif") as dst:
        assert dst.colormap(1)[1] == (200, 100, 0, 255)
        assert dst.tags()["CLASSES"] == '["a", "b", "c", "d"]'
    with rasterio.open(tmp_path / "p.tif") as dst:
        assert dst.descriptions == ("a", "b", "c", "d")
        assert dst.scales[0] == pytest.approx(1 / 254)
        assert set(np.unique(dst.read())) == {0, 254}
    assert summary.warnings == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tif", "p.tif", "sub"]


def no_data_by_tag(path, image, hole):
    image[:, hole] = 0
    write(path, image, nodata=0)


def no_data_by_alpha(path, image, hole):
    alpha = np.where(hole, 0, 255).astype(np.uint8)
    write(path, np.concatenate([image, alpha[None]]), photometric="RGB", alpha="YES")


def no_data_by_mask(path, image, hole):
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write(path, image)
        with rasterio.open(path, "r+") as dst:
            dst.write_mask(~hole)


def no_data_by_nan(path, image, hole):
    image = image.astype(np.float32)
    image[1, hole] = np.nan
    write(path, image)


@pytest.mark.parametrize(
    "make", [no_data_by_tag, no_data_by_alpha, no_data_by_mask, no_data_by_nan]
)
def test_no_data_becomes_255_and_never_reaches_the_network(tmp_path, make):
    seen = []

    def spy(batch):
        seen.append(batch)
        return by_pixel(batch)

    image = random_image(64, 100)
    hole = np.zeros((64, 100), dtype=bool)
    hole[:, 60:] = True
    hole[5:9, 3:20] = True
    make(tmp_path / "a.tif", image.copy(), hole)
    summary = predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", spy, num_classes=4, tile=32, num_bands=3,
        probabilities=tmp_path / "p.tif",
    )  # fmt: skip
    expected = np.where(hole, 255, image[0] % 4)
    np.testing.assert_array_equal(read(tmp_path / "m.tif")[0], expected)
    assert (read(tmp_path / "p.tif")[:, hole] == 255).all()
    assert summary.ignore_pixels == hole.sum()
    assert summary.empty_tiles == 3  # the last of four columns, in three strips
    assert all(np.isfinite(batch).all() and batch.min() > 0 for batch in seen)


def test_bands_are_chosen_and_checked(tmp_path):
    image = random_image(32, 32, bands=5, dtype=np.uint16)
    write(tmp_path / "a.tif", image)
    run = {"num_classes": 4, "tile": 32}
    with pytest.raises(DataError, match=r"a\.tif.*5 bands.*expects 3.*--bands"):
        predict_raster(tmp_path / "a.tif", tmp_path / "m.tif", by_pixel, num_bands=3, **run)
    with pytest.raises(DataError, match=r"bands \[7\]"):
        predict_raster(tmp_path / "a.tif", tmp_path / "m.tif", by_pixel, bands=[1, 7], **run)
    predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", by_pixel, bands=[4, 2, 1], num_bands=3, **run
    )
    np.testing.assert_array_equal(read(tmp_path / "m.tif")[0], image[3] % 4)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("factor", [2, 0.5])
def test_another_ground_sample_distance(tmp_path, factor):
    image = np.zeros((1, 64, 96), dtype=np.uint8)
    image[:, 16:48, 32:] = 1
    write(tmp_path / "a.tif", image)
    predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", by_pixel, num_classes=4, tile=32, gsd=0.5 * factor,
        grid="model",
    )  # fmt: skip
    with rasterio.open(tmp_path / "m.tif") as dst:
        assert dst.res == (0.5 * factor, 0.5 * factor)
        assert dst.bounds == rasterio.open(tmp_path / "a.tif").bounds
        mask = dst.read(1)
    if factor == 2:
        np.testing.assert_array_equal(mask, image[0, ::2, ::2])
    else:
        assert (mask == image[0].repeat(2, 0).repeat(2, 1)).mean() > 0.95


def test_ground_sample_distance_keeps_no_data_and_needs_a_georeference(tmp_path):
    image = random_image(32, 32)
    image[:, :, 16:] = 0
    write(tmp_path / "a.tif", image, nodata=0)
    predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", by_pixel, num_classes=4, tile=8, gsd=1, grid="model"
    )
    mask = read(tmp_path / "m.tif")[0]
    assert (mask[:, 8:] == 255).all()
    assert (mask[:, :8] < 4).all()
    write(tmp_path / "b.tif", image, crs=None, transform=rasterio.Affine.identity())
    with pytest.raises(DataError, match=r"b\.tif.*--nominal-gsd"):
        predict_raster(tmp_path / "b.tif", tmp_path / "n.tif", by_pixel, num_classes=4, gsd=1)


def test_without_crs_the_mask_is_written_with_a_warning(tmp_path):
    image = random_image(20, 20)
    write(tmp_path / "a.tif", image, crs=None)
    summary = predict_raster(tmp_path / "a.tif", tmp_path / "m.tif", by_pixel, num_classes=4)
    assert "no CRS" in summary.warnings[0]
    with rasterio.open(tmp_path / "m.tif") as dst:
        assert dst.crs is None
        assert dst.transform == TRANSFORM


def test_two_runs_write_equal_bytes(tmp_path):
    write(tmp_path / "a.tif", random_image(90, 300))
    for name in ("m.tif", "n.tif"):
        predict_raster(tmp_path / "a.tif", tmp_path / name, by_pixel, num_classes=4, tile=32)
    assert (tmp_path / "m.tif").read_bytes() == (tmp_path / "n.tif").read_bytes()


def test_memory_does_not_grow_with_the_height(tmp_path):
    height, width, classes, tile = 6000, 1500, 4, 64
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", count=1, height=height, width=width,
        dtype="uint8", tiled=True, blockxsize=256, blockysize=256, sparse_ok=True,
    ) as dst:  # fmt: skip
        dst.write(np.full((1, 300, 300), 3, np.uint8), window=((5000, 5300), (0, 300)))
    tracemalloc.start()
    predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", by_pixel, num_classes=classes, tile=tile,
        batch_size=16, progress=False,
    )  # fmt: skip
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.1 * height * width * classes * 4
    assert (read(tmp_path / "m.tif")[0, 5000:5300, :300] == 3).all()


def test_bad_input_is_named_and_leaves_nothing_behind(tmp_path):
    with pytest.raises(DataError, match=r"gone\.tif.*does not exist"):
        predict_raster(tmp_path / "gone.tif", tmp_path / "m.tif", by_pixel, num_classes=4)
    write(tmp_path / "a.tif", random_image(600, 600), tiled=True, compress="deflate")
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"cut\.tif.*truncated"):
        predict_raster(tmp_path / "cut.tif", tmp_path / "m.tif", by_pixel, num_classes=4, tile=64)
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(DataError, match=r"text\.tif"):
        predict_raster(tmp_path / "text.tif", tmp_path / "m.tif", by_pixel, num_classes=4)
    with pytest.raises(ConfigError, match="classes belong to this checkpoint"):
        predict_raster(tmp_path / "a.tif", tmp_path / "m.tif", by_pixel, num_classes=3, tile=64)
    with pytest.raises(ConfigError, match="files of their own"):
        predict_raster(tmp_path / "a.tif", tmp_path / "a.tif", by_pixel, num_classes=4)
    assert (tmp_path / "a.tif").read_bytes() == whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tif", "cut.tif", "text.tif"]


def test_alpha_is_not_an_input_band(tmp_path):
    image = np.concatenate([random_image(32, 32), np.full((1, 32, 32), 255, np.uint8)])
    path = write(tmp_path / "a.tif", image)
    with rasterio.open(path, "r+") as dst:
        dst.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    shapes = []

    def spy(batch):
        shapes.append(batch.shape)
        return by_pixel(batch)

    predict_raster(path, tmp_path / "m.tif", spy, num_classes=4, tile=32)
    assert shapes == [(1, 3, 32, 32)]


def test_a_near_infrared_band_tagged_as_alpha_is_an_input_band(tmp_path):
    image = random_image(40, 40, bands=4)
    image[3, :10] = 0  # water is black in the near infrared; it is no gap in the data
    write(tmp_path / "a.tif", image, photometric="RGB", alpha="YES")
    seen = []
    summary = predict_raster(
        tmp_path / "a.tif",
        tmp_path / "m.tif",
        lambda batch: seen.append(batch) or by_pixel(batch),
        num_classes=4,
        num_bands=4,
        tile=40,
    )
    assert summary.ignore_pixels == 0
    np.testing.assert_array_equal(seen[0][0], image)


def threads():
    return {t.name for t in threading.enumerate()} & {"reading", "network", "blending"}


@pytest.mark.parametrize("probabilities", [False, True])
def test_an_error_of_any_stage_ends_all_and_leaves_nothing(tmp_path, monkeypatch, probabilities):
    write(tmp_path / "a.tif", random_image(300, 300))
    more = {"probabilities": tmp_path / "p.tif"} if probabilities else {}

    def run(predict=by_pixel):
        predict_raster(
            tmp_path / "a.tif", tmp_path / "m.tif", predict, num_classes=4, tile=32, **more
        )

    def fail(*_, **__):
        raise MemoryError("full")

    with pytest.raises(MemoryError, match="full"):
        run(fail)
    for owner, name in [
        (RasterReader, "read"), (TileBlender, "add"), (TileBlender, "finish"), (RowWriter, "write"),
    ]:  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fail)
            with pytest.raises(MemoryError, match="full"):
                run()
        assert not threads()
        assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_stages_work_at_the_same_time_and_batches_are_full(tmp_path):
    write(tmp_path / "a.tif", random_image(100, 132))
    sizes, names = [], set()

    def spy(batch):
        sizes.append(len(batch))
        names.add(threading.current_thread().name)
        return by_pixel(batch)

    predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", spy, num_classes=4, tile=32, overlap=0,
        batch_size=6,
    )  # fmt: skip
    assert sizes == [6, 6, 6, 2]  # of four strips of five tiles
    assert names == {"network"}


def test_answers_are_not_changed(tmp_path):
    write(tmp_path / "a.tif", random_image(60, 60))
    constant = np.broadcast_to(np.float32([0.2, 0.7, 0.1])[None, :, None, None], (1, 3, 32, 32))
    summary = predict_raster(
        tmp_path / "a.tif", tmp_path / "m.tif", lambda _: constant, num_classes=3, tile=32,
        batch_size=1,
    )  # fmt: skip
    assert summary.class_pixels == [0, 3600, 0]
