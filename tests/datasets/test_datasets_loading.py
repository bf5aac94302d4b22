"""Reading tiles: types, bands, colour order, and files that cannot be used."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import rasterio
from core_samples import write_scene

from mmda.datasets.transforms import LoadTile, PackDomainInputs
from mmda.errors import DataError


def pixels(bands: int, dtype: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    top = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    return (rng.random((40, 30, bands)) * top).astype(dtype)


def load(image, label=None) -> dict:
    record = {"img_path": str(image)}
    if label is not None:
        record["seg_map_path"] = str(label)
    return LoadTile()(record)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("bands", [1, 3, 4, 5])
def test_geotiff_keeps_bands_and_type(tmp_path, bands, dtype):
    image = pixels(bands, dtype)
    write_scene(tmp_path / "tile.tif", np.zeros((40, 30), "uint8"), image)
    got = load(tmp_path / "tile.tif")
    assert got["img"].dtype == dtype
    assert got["img"].flags.c_contiguous
    np.testing.assert_array_equal(got["img"], image)
    assert got["img_shape"] == got["ori_shape"] == (40, 30)
    assert "gt_seg_map" not in got


def test_zstd_geotiff(tmp_path):
    image = pixels(3, "uint8")
    with rasterio.open(
        tmp_path / "t.tif", "w", count=3, dtype="uint8", height=40, width=30,
        driver="GTiff", compress="zstd", predictor=2,
    ) as raster:  # fmt: skip
        raster.write(np.moveaxis(image, -1, 0))
    np.testing.assert_array_equal(load(tmp_path / "t.tif")["img"], image)


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_png_is_read_as_rgb(tmp_path, bands):
    image = pixels(bands, "uint8")
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[bands]
    cv2.imwrite(str(tmp_path / "t.png"), image[..., order])
    np.testing.assert_array_equal(load(tmp_path / "t.png")["img"], image)


def test_label_beside_its_image(tmp_path):
    label = np.random.default_rng(0).choice([0, 1, 6, 255], (40, 30)).astype("uint8")
    write_scene(tmp_path / "t.tif", label, pixels(3, "uint8"))
    cv2.imwrite(str(tmp_path / "t.png"), label)
    got = load(tmp_path / "t.tif", tmp_path / "t.png")
    np.testing.assert_array_equal(got["gt_seg_map"], label)
    assert got["seg_fields"] == ["gt_seg_map"]


@pytest.mark.parametrize("suffix", ["tif", "png", "jpg"])
def test_missing_image(tmp_path, suffix):
    with pytest.raises(DataError, match=rf"image `.*gone.{suffix}` is missing"):
        load(tmp_path / f"gone.{suffix}")


@pytest.mark.parametrize("keep", [0.1, 0.6, 0.95])
@pytest.mark.parametrize("suffix", ["tif", "png", "jpg"])
def test_truncated_image(tmp_path, suffix, keep):
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    if suffix == "tif":
        write_scene(whole, np.zeros((40, 30), "uint8"), pixels(3, "uint8"))
    else:
        cv2.imwrite(str(whole), pixels(3, "uint8"))
    cut.write_bytes(whole.read_bytes()[: int(keep * whole.stat().st_size)])
    with pytest.raises(DataError, match=rf"cut.{suffix}` cannot be decoded \(truncated\?\)"):
        load(cut)


def test_missing_and_truncated_label(tmp_path):
    write_scene(tmp_path / "t.tif", np.zeros((40, 30), "uint8"), pixels(3, "uint8"))
    with pytest.raises(DataError, match=r"label `.*t\.png` is missing"):
        load(tmp_path / "t.tif", tmp_path / "t.png")
    cv2.imwrite(str(tmp_path / "t.png"), pixels(1, "uint8"))
    content = (tmp_path / "t.png").read_bytes()
    (tmp_path / "t.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"label `.*t\.png` cannot be decoded"):
        load(tmp_path / "t.tif", tmp_path / "t.png")


def test_label_of_another_size(tmp_path):
    write_scene(tmp_path / "t.tif", np.zeros((40, 30), "uint8"), pixels(3, "uint8"))
    cv2.imwrite(str(tmp_path / "t.png"), np.zeros((30, 40), "uint8"))
    with pytest.raises(DataError, match=r"\(40, 30\) pixels, its label .* \(30, 40\)"):
        load(tmp_path / "t.tif", tmp_path / "t.png")


@pytest.mark.parametrize(
    "label", [np.zeros((40, 30, 3), "uint8"), np.zeros((40, 30), "uint16")], ids=["rgb", "uint16"]
)
def test_label_of_another_kind(tmp_path, label):
    write_scene(tmp_path / "t.tif", np.zeros((40, 30), "uint8"), pixels(3, "uint8"))
    cv2.imwrite(str(tmp_path / "t.png"), label)
    with pytest.raises(DataError, match="expected one band of uint8 class ids"):
        load(tmp_path / "t.tif", tmp_path / "t.png")


def test_an_unlabelled_tile_tells_where_it_has_data(tmp_path):
    image = np.full((3, 4, 4), 7, np.uint8)
    image[:, :2, :2] = 0
    image[0, 3, 3] = 0  # one band at the no-data value is still data
    path = tmp_path / "tile.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=4, height=4, count=3, dtype="uint8", nodata=0
    ) as raster:
        raster.write(image)
    results = LoadTile()({"img_path": str(path)})
    assert results["seg_fields"] == ["valid_map"]
    expected = np.ones((4, 4), np.uint8)
    expected[:2, :2] = 0
    np.testing.assert_array_equal(results["valid_map"], expected)
    sample = PackDomainInputs()(results)["data_samples"]
    np.testing.assert_array_equal(sample.valid.data[0].numpy(), expected > 0)
    assert "gt_sem_seg" not in sample
