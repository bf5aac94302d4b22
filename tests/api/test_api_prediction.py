"""Loading a model and mapping rasters through the API."""

from __future__ import annotations

import errno
import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from api_samples import map_names, pixel_model
from core_samples import write_scene

import mmda
from mmda.api.outputs import plan_outputs
from mmda.errors import ConfigError, DataError
from mmda.raster.dataset.training_data import TrainingData
from mmda.raster.mapping import companions
from mmda.raster.mapping import write as write_module

QUIET = {"tile": 64, "progress": False}


@pytest.fixture
def scenes(tmp_path):
    """Two rasters with a bright block of 10 x 20 pixels, and one that is cut short."""
    image = np.zeros((40, 50, 3), np.uint8)
    image[10:20, 10:30] = 200
    for name in ("a", "b"):
        write_scene(tmp_path / f"{name}.tif", image[..., 0], image)
    (tmp_path / "cut.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:3000])
    return tmp_path


def test_a_loaded_model_knows_its_training(trained, config):
    model = mmda.load_model(config, trained.checkpoint, device="cpu")
    assert (model.classes, model.bands) == (["background", "building"], 3)
    assert re.fullmatch(r"iter_60\.pth [0-9a-f]{12}", model.name)
    smaller = {"model.segmentor.decode_head.dropout_ratio": 0.3}
    other = mmda.load_model(config, trained.checkpoint, device="cpu", cfg_options=smaller)
    assert other.name != model.name
    assert isinstance(model.training_data, TrainingData)
    assert model.training_data.gsd == (0.5, 0.5)
    probabilities = model.predictor(np.zeros((2, 3, 64, 64), np.uint8))
    assert probabilities.shape == (2, 2, 64, 64)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)


def test_the_scale_of_training_is_that_of_the_map(trained, config, tmp_path):
    image = np.random.default_rng(0).integers(60, 160, (64, 64, 3)).astype(np.uint8)
    write_scene(tmp_path / "fine.tif", image[..., 0], image)
    with rasterio.open(tmp_path / "fine.tif", "r+") as raster:
        raster.transform = rasterio.Affine(0.25, 0, 5e5, 0, -0.25, 5e6)
    model = mmda.load_model(config, trained.checkpoint, device="cpu")
    sizes = {}
    for gsd in (None, "native", 1.0):
        options = mmda.PredictOptions(gsd=gsd, grid="model", **QUIET)
        (result,) = mmda.predict(model, tmp_path / "fine.tif", tmp_path / f"{gsd}", options)
        sizes[gsd] = (result.summary.height, result.summary.gsd)
    assert sizes == {None: (32, 0.5), "native": (64, 0.25), 1.0: (16, 1.0)}


def test_one_raster_gives_all_that_is_asked_for(scenes):
    options = mmda.PredictOptions(probabilities=True, entropy=True, polygons=True, **QUIET)
    (result,) = mmda.predict(pixel_model(), scenes / "a.tif", scenes / "out", options)
    assert result.summary.class_pixels == [1800, 200]
    assert result.shares == {"background": 0.9, "building": 0.1}
    assert result.polygons.counts == {"building": 1}
    assert result.files.polygons == result.polygons.path == scenes / "out/a_polygons.gpkg"
    more = {"a_probabilities.tif", "a_entropy.tif", "a_polygons.gpkg"}
    assert {path.name for path in (scenes / "out").iterdir()} == map_names("a") | more


def test_a_bad_raster_costs_itself_alone(scenes):
    images = [scenes / name for name in ("a.tif", "gone.tif", "cut.tif", "b.tif")]
    options = mmda.PredictOptions(**QUIET)
    with pytest.raises(mmda.FailedPredictionsError, match="2 of 4 images") as error:
        mmda.predict(pixel_model(), images, scenes / "out", options)
    assert [done.files.mask.name for done in error.value.predictions] == [
        "a_mask.tif", "b_mask.tif",
    ]  # fmt: skip
    assert [failure.image for failure in error.value.failures] == [str(i) for i in images[1:3]]
    assert "gone.tif" in str(error.value) and "cut.tif" in str(error.value)
    with pytest.raises(DataError, match=r"gone\.tif` does not exist"):
        mmda.predict(pixel_model(), images[1], scenes / "out", options)


def test_outputs_that_are_one_file(scenes):
    images = [scenes / "a.tif", scenes / "b.tif"]
    with pytest.raises(ConfigError, match="both be written"):
        mmda.predict(pixel_model(), images, scenes / "map.tif")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "at least 1"),
        ({"grid": "inputs"}, "Did you mean `input`"),
        ({"gsd": "natve"}, "positive number"),
        ({"gsd": 0}, "positive number"),
        ({"tile": 0}, "at least 1 pixel"),
        ({"overlap": 0.95}, "between 0 and 0.9"),
        ({"min_area": -1}, "`min_area` to be 0 or more"),
        ({"tolerance": float("nan")}, "`tolerance` to be 0 or more"),
        ({"overwrite": True, "resume": True}, "not both"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(ConfigError, match=message):
        mmda.PredictOptions(**options)


def test_maps_that_are_there_are_kept_unless_they_are_to_be_replaced(scenes, monkeypatch):
    model, out = replace(pixel_model(), name="one.pth 1234"), scenes / "out"
    images = [scenes / "a.tif", scenes / "b.tif"]
    mmda.predict(model, images[0], out, mmda.PredictOptions(**QUIET))
    before = (out / "a_mask.tif").read_bytes()
    assert str(scenes).encode() not in before  # an address may hold a key
    for name in (".a_mask.tmp-1.tif", ".b_mask.tmp-2.tif", ".b_stac.tmp-3.json", ".x.tmp-4.tif"):
        (out / name).write_bytes(b"what a killed process left")
    with pytest.raises(ConfigError, match=r"a_mask\.tif` and 3 more exist already"):
        mmda.predict(model, images, out, mmda.PredictOptions(**QUIET))
    (done,) = mmda.predict(model, images, out, mmda.PredictOptions(resume=True, **QUIET))
    assert done.files.mask == out / "b_mask.tif"
    assert (out / "a_mask.tif").read_bytes() == before
    assert {path.name for path in out.iterdir()} == map_names("a", "b") | {".x.tmp-4.tif"}
    both = mmda.predict(model, images, out, mmda.PredictOptions(overwrite=True, **QUIET))
    assert len(both) == 2 and (out / "a_mask.tif").read_bytes() == before
    for other, options in (
        (replace(model, name="one.pth 5678"), mmda.PredictOptions(resume=True, **QUIET)),
        (model, mmda.PredictOptions(resume=True, **{**QUIET, "tile": 32})),
        (model, mmda.PredictOptions(resume=True, polygons=True, min_area=5, **QUIET)),
    ):
        with pytest.raises(ConfigError, match="another model or with other options"):
            mmda.predict(other, images, out, options)
    (scenes / "elsewhere").mkdir()
    same_name = shutil.copy(images[0], scenes / "elsewhere" / "a.tif")
    with pytest.raises(ConfigError, match="made of another raster"):
        mmda.predict(model, same_name, out, mmda.PredictOptions(resume=True, **QUIET))


def test_a_raster_without_a_place_has_no_polygons_and_that_is_said_first(scenes, monkeypatch):
    with rasterio.open(scenes / "a.tif", "r+") as raster:
        raster.crs = rasterio.crs.CRS()
    monkeypatch.setattr(
        "mmda.raster.mapping.predict.TilePredictor", lambda *_: pytest.fail("the network runs")
    )
    options = mmda.PredictOptions(polygons=True, **QUIET)
    with pytest.raises(DataError, match=r"can have no polygons.*gdal_edit.*leave out --polygons"):
        mmda.predict(pixel_model(), scenes / "a.tif", scenes / "out", options)
    assert not list(scenes.glob("out/*"))


def test_a_disk_that_refuses_costs_one_map(scenes, monkeypatch):
    real, refused = rasterio.io.DatasetWriter.write, []

    def write(self, *args, **kwargs):
        if not refused:
            refused.append(self.name)
            raise rasterio.errors.RasterioIOError("No space left on device")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(write_module, "rasterio", SimpleNamespace(open=opened_with(write)))
    images = [scenes / "a.tif", scenes / "b.tif"]
    with pytest.raises(mmda.FailedPredictionsError, match=r"cannot be written.*No space left"):
        mmda.predict(pixel_model(), images, scenes / "out", mmda.PredictOptions(**QUIET))
    assert {path.name for path in (scenes / "out").iterdir()} == map_names("b")


def test_a_disk_that_is_full_at_the_end_costs_one_map(scenes, monkeypatch):
    real, refused = companions.atomic_write_bytes, []

    def write(path, content):
        if not refused:
            refused.append(path)
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, content)

    monkeypatch.setattr(companions, "atomic_write_bytes", write)
    images = [scenes / "a.tif", scenes / "b.tif"]
    with pytest.raises(mmda.FailedPredictionsError, match=r"cannot be written.*No space left"):
        mmda.predict(pixel_model(), images, scenes / "out", mmda.PredictOptions(**QUIET))
    assert map_names("b") <= {path.name for path in (scenes / "out").iterdir()}
    (again,) = mmda.predict(
        pixel_model(), images, scenes / "out", mmda.PredictOptions(**QUIET, resume=True)
    )
    assert again.files.mask.name == "a_mask.tif"


@pytest.mark.parametrize("place", ["file", "file/below", "file/map.tif"])
def test_an_output_that_cannot_be_is_refused_before_work(scenes, place):
    (scenes / "file").write_text("no folder")
    with pytest.raises(ConfigError, match="cannot be written"):
        plan_outputs([scenes / "a.tif"], scenes / place, mmda.PredictOptions(**QUIET))
    assert (scenes / "file").read_text() == "no folder"


def opened_with(write):
    """Return ``rasterio.open`` whose datasets are written with another function."""

    class Refusing:
        def __init__(self, dataset):
            self._dataset = dataset

        def __getattr__(self, name):
            return getattr(self._dataset, name)

        def write(self, *args, **kwargs):
            return write(self._dataset, *args, **kwargs)

    return lambda *args, **kwargs: Refusing(rasterio.open(*args, **kwargs))


def test_what_cannot_be_loaded(config, trained, tmp_path):
    with pytest.raises(ConfigError, match=r"`gone\.py` does not exist"):
        mmda.load_model("gone.py", trained.checkpoint)
    with pytest.raises(ConfigError, match=r"`gone\.pth` does not exist"):
        mmda.load_model(config, "gone.pth")


def test_an_exported_model_predicts_the_same(trained, config, tmp_path):
    first = mmda.load_model(config, trained.checkpoint, device="cpu")
    path = mmda.export(first, tmp_path / "out/model.safetensors")
    again = mmda.load_model(config, path, device="cpu")
    assert again.training_data == first.training_data
    assert list(again.classes) == list(first.classes)
    image = np.random.default_rng(0).integers(0, 255, (1, 3, 64, 64)).astype(np.uint8)
    np.testing.assert_array_equal(again.predictor(image), first.predictor(image))
    with pytest.raises(ConfigError, match=r"must end in \.safetensors, \.pth or \.onnx"):
        mmda.export(first, tmp_path / "model.pt")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ConfigError, match=r"model\.safetensors` cannot be read"):
        mmda.load_model(config, path, device="cpu")
