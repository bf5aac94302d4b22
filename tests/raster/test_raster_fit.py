"""A model remembers its training images, and is not used on others unawares."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import rasterio
from raster_samples import noise, predict_raster, tile, write

from mmda.errors import ConfigError, DataError
from mmda.raster import Scene, read_dataset_info
from mmda.raster.dataset.training_data import TrainingData

UINT8 = TrainingData(3, "uint8", gsd=(0.5, 0.5), low=(3, 3, 3), high=(250, 250, 251))


def halves(batch):
    return np.full((len(batch), 2, *batch.shape[-2:]), 0.5, np.float32)


def run(path, tmp_path, predict=halves, **options):
    options = {"num_classes": 2, "tile": 32, "progress": False, **options}
    return predict_raster(path, tmp_path / "m.tif", predict, **options)


def test_what_dataset_json_tells(tmp_path):
    image = noise(4, 64, 64, "uint16")
    image[:, :8] = 0
    paths = [write(tmp_path / f"{name}.tif", image, gsd=0.5) for name in "ab"]
    scenes = [Scene(p.stem, str(p), nodata=0, bands=(4, 2, 1)) for p in paths]
    for folder, gsd in (("native", None), ("resampled", 1.0)):
        info = tile(scenes, tmp_path / folder, gsd=gsd)
        assert info == read_dataset_info(tmp_path / folder)
        data = TrainingData.of(info)
        assert (data.bands, data.dtype, data.band_indices) == (3, "uint16", (4, 2, 1))
        assert data.nodata == 0
        assert data.gsd == ((0.5, 0.5) if gsd is None else (1.0, 1.0))
        assert data.resampled == (gsd is not None)
        assert TrainingData.from_json(json.loads(json.dumps(data.to_json()))) == data
        if gsd is None:
            valid = image[[3, 1, 0], 8:].reshape(3, -1)
            assert data.low == tuple(valid.min(axis=1))
            assert data.high == tuple(valid.max(axis=1))
    other = Scene("c", str(write(tmp_path / "c.tif", image, gsd=0.6)), bands=(1, 2, 3))
    mixed = TrainingData.of(tile([*scenes, other], tmp_path / "mixed"))
    assert (mixed.band_indices, mixed.nodata, mixed.gsd) == (None, None, (0.5, 0.6))


def test_bands_and_no_data_of_the_training_data_are_used(tmp_path):
    image = noise(4, 40, 40)
    image[:, :, 30:] = 0
    path = write(tmp_path / "i.tif", image)
    seen = []
    data = TrainingData(2, "uint8", band_indices=(4, 2), nodata=0)
    summary = run(path, tmp_path, lambda b: seen.append(b) or halves(b), data=data, tile=40)
    np.testing.assert_array_equal(seen[0][0][:, :, :30], image[[3, 1], :, :30])
    assert summary.ignore_pixels == 400
    summary = run(path, tmp_path, data=data, nodata=77, bands=[1, 2])
    assert summary.ignore_pixels == 0


@pytest.mark.parametrize(
    ("own", "trained", "gsd", "used"),
    [
        (0.5, (0.5, 0.5), None, 0.5),
        (0.53, (0.5, 0.5), None, 0.53),  # no need to resample for so little
        (0.25, (0.5, 0.5), None, 0.5),
        (1.0, (0.5, 0.5), None, 0.5),
        (0.2, (0.4, 0.6), None, 0.4),
        (1.0, (0.4, 0.6), None, 0.6),
        (0.5, (0.4, 0.6), None, 0.5),
        (0.25, (0.5, 0.5), "native", 0.25),
        (0.25, (0.5, 0.5), 0.4, 0.4),
    ],
)
def test_the_ground_sample_distance_is_that_of_the_training_data(tmp_path, own, trained, gsd, used):
    path = write(tmp_path / "i.tif", noise(3, 40, 40), gsd=own)
    data = TrainingData(3, "uint8", gsd=trained)
    assert run(path, tmp_path, data=data, gsd=gsd).gsd == used
    with rasterio.open(tmp_path / "m.tif") as mask:
        assert mask.shape == (40, 40)
    assert run(path, tmp_path, gsd=None).gsd == own


def test_resampled_training_data_are_met_exactly(tmp_path):
    path = write(tmp_path / "i.tif", noise(3, 100, 100), gsd=0.53)
    data = TrainingData(3, "uint8", gsd=(0.5, 0.5), resampled=True)
    summary = run(path, tmp_path, data=data, grid="model")
    assert (summary.gsd, summary.height) == (0.5, 106)


def test_a_scale_that_does_not_fit_is_said(tmp_path):
    path = write(tmp_path / "i.tif", noise(3, 40, 40), gsd=0.2)
    assert run(path, tmp_path, data=UINT8).warnings == []
    for gsd, pattern in (("native", "at 0.2 m/pixel, but .* 0.5 m"), (2.0, "at 2 m/pixel")):
        (warning,) = run(path, tmp_path, data=UINT8, gsd=gsd).warnings
        assert re.search(pattern, warning)
    coarse = write(tmp_path / "c.tif", noise(3, 40, 40), gsd=2.0)
    (warning,) = run(coarse, tmp_path, data=UINT8).warnings
    assert "enlarged" in warning
    bare = write(tmp_path / "b.tif", noise(3, 40, 40), gsd=None)
    assert "has no ground sample distance" in run(bare, tmp_path, data=UINT8).warnings[0]
    assert run(bare, tmp_path, data=UINT8, nominal_gsd=0.25).gsd == 0.5


@pytest.mark.parametrize(
    ("dtype", "factor", "fits"),
    [
        ("uint16", 1, True),
        ("uint16", 257, False),
        ("float32", 1 / 255, False),
        ("float32", 1, True),
    ],
)
def test_values_of_another_type_must_be_on_the_scale_of_the_training_data(
    tmp_path, dtype, factor, fits
):
    image = (noise(3, 300, 300).astype(float) * factor).astype(dtype)
    path = write(tmp_path / "i.tif", image)
    if fits:
        assert run(path, tmp_path, data=UINT8).warnings == []
        return
    with pytest.raises(DataError, match=rf"i\.tif.*{dtype}.*from 3 to 251.*-ot Byte -scale"):
        run(path, tmp_path, data=UINT8)
    assert not (tmp_path / "m.tif").exists()


def test_dark_values_of_the_same_type_are_said(tmp_path):
    path = write(tmp_path / "i.tif", noise(3, 300, 300) // 16)
    (warning,) = run(path, tmp_path, data=UINT8).warnings
    assert "same scale" in warning


@pytest.mark.parametrize("gsd", [0, -1, float("nan"), float("inf"), "nativ"])
def test_impossible_ground_sample_distances(tmp_path, gsd):
    path = write(tmp_path / "i.tif", noise(3, 40, 40))
    with pytest.raises(ConfigError, match="positive number"):
        run(path, tmp_path, gsd=gsd)
    with pytest.raises(ConfigError, match="Unknown grid"):
        run(path, tmp_path, grid="raster")


def test_the_files_own_no_data_comes_before_that_of_the_training_data(tmp_path):
    image = noise(3, 40, 40)
    image[:, :, 30:] = 255
    path = write(tmp_path / "i.tif", image, nodata=255)
    data = TrainingData(3, "uint8", nodata=0)
    assert run(path, tmp_path, data=data).ignore_pixels == 400


def test_bands_that_the_raster_lacks_are_not_asked_for(tmp_path):
    path = write(tmp_path / "i.tif", noise(3, 40, 40))
    data = TrainingData(3, "uint8", band_indices=(4, 3, 2))
    assert run(path, tmp_path, data=data).ignore_pixels == 0


def test_negative_values_and_blank_areas_are_those_of_the_training_data(tmp_path):
    image = -4 - 16 * np.random.default_rng(0).random((3, 300, 300)).astype(np.float32)
    data = TrainingData(3, "float32", low=(-20,) * 3, high=(-4,) * 3)
    assert run(write(tmp_path / "d.tif", image), tmp_path, data=data).warnings == []
    white = noise(3, 40, 40)
    white[:, :20] = 255
    path = write(tmp_path / "w.tif", white)
    for gsd in (None, 1.0):
        data = TrainingData(3, "uint8", white_area=100)
        assert run(path, tmp_path, data=data, gsd=gsd).ignore_pixels == 800


def test_a_truncated_raster_is_named(tmp_path):
    path = write(tmp_path / "i.tif", noise(3, 600, 600), compress="deflate", tiled=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=r"i\.tif.*truncated"):
        run(path, tmp_path, data=UINT8)


def test_a_checkpoint_of_a_later_version_is_read():
    assert TrainingData.from_json({**UINT8.to_json(), "season": "summer"}) == UINT8
