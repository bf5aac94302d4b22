"""``mmda predict`` around a model that needs no training."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from api_samples import map_names, pixel_model
from rasterio.transform import from_origin

import mmda.cli.predict
from mmda.cli import main


@pytest.fixture
def calls(monkeypatch):
    """Replace the loaded model by one of class 1 where band 1 is above 100; note its arguments."""
    seen = []

    def load_model(config, checkpoint, **options):
        seen.append((Path(config).name, Path(checkpoint).name, options))
        return pixel_model()

    monkeypatch.setattr(mmda.cli.predict, "load_model", load_model)
    return seen


@pytest.fixture
def files(tmp_path):
    image = np.zeros((3, 40, 50), dtype=np.uint8)
    image[:, 10:20, 10:30] = 200
    for name, bands, crs in (("a", 3, 32633), ("b", 3, None), ("four", 4, 32633)):
        with rasterio.open(
            tmp_path / f"{name}.tif", "w", driver="GTiff", count=bands, height=40, width=50,
            dtype="uint8", crs=crs, transform=from_origin(0, 100, 1, 1), photometric="minisblack",
        ) as dst:  # fmt: skip
            dst.write(np.resize(image, (bands, 40, 50)))
            dst.colorinterp = [rasterio.enums.ColorInterp.gray] + [
                rasterio.enums.ColorInterp.undefined
            ] * (bands - 1)
    (tmp_path / "cut.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:3000])
    return tmp_path


def run(files, images, *options):
    paths = [str(files / name) for name in images]
    return main(["predict", str(files / "c.py"), str(files / "c.pth"), *paths, *options])


def test_goes_on_after_a_bad_image_and_says_so(files, calls, capsys):
    names = ["a.tif", "gone.tif", "four.tif", "cut.tif", "b.tif"]
    code = run(files, names, "--out", str(files / "out"), "--tile", "32", "--device", "cpu")
    out, err = capsys.readouterr()
    assert code == 2
    assert {path.name for path in (files / "out").iterdir()} == map_names("a", "b")
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert ["gone.tif" in errors[0], "four.tif" in errors[1], "cut.tif" in errors[2]] == [True] * 3
    assert "got 4 bands" in errors[1]
    assert "expects 3" in errors[1]
    assert "b.tif` has no CRS" in err
    assert "mapped 2 of 5 images" in out
    assert "building 10.0 %" in out
    assert calls == [("c.py", "c.pth", {"device": "cpu", "trust": False, "cfg_options": {}})]


def test_one_file_with_polygons_and_probabilities(files, calls):
    target = files / "deep" / "map.tif"
    options = ["--polygons", "--probabilities", "--cfg-options", "model.width=3", "model.name=x"]
    assert run(files, ["a.tif"], "--out", str(target), *options) == 0
    with rasterio.open(target) as dst:
        assert dst.crs == "EPSG:32633"
        assert dst.read(1).sum() == 200
        assert dst.colormap(1)[1] == (255, 0, 0, 255)
    frame = gpd.read_file(target.with_name("map_polygons.gpkg"))
    assert frame["area_m2"].tolist() == pytest.approx([200], rel=0.01)
    with rasterio.open(target.with_name("map_probabilities.tif")) as shares:
        assert frame["confidence"][0] == pytest.approx(shares.read(2)[10:20, 10:30].mean() / 254)
    assert target.with_name("map_probabilities.tif").exists()
    assert calls[0][2]["cfg_options"] == {"model.width": 3, "model.name": "x"}


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (["a.tif"], ["--out", "new", "--connectivity", "5"], "connectivity of 4 or 8"),
        (["a.tif", "b.tif"], ["--out", "one.tif"], "both be written to"),
        (["a.tif", "sub/a.tif"], ["--out", "folder"], "both be written to"),
    ],
)
def test_options_that_cannot_work_stop_before_the_model_is_loaded(
    files, calls, capsys, images, options, message
):
    assert run(files, images, *options) == 2
    assert message in capsys.readouterr().err
    assert calls == []


def test_a_scheduler_that_ends_the_command_leaves_nothing_half_written(files, calls, monkeypatch):
    def predictor(batch):
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("the network goes on")

    model = replace(pixel_model(), predictor=predictor)
    monkeypatch.setattr(mmda.cli.predict, "load_model", lambda *_, **__: model)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as error:
        run(files, ["a.tif"], "--out", str(files / "out"))
    assert error.value.code == 143
    assert not list((files / "out").iterdir())
    assert signal.getsignal(signal.SIGTERM) is before


def test_polygons_of_an_unknown_class_are_refused_before_the_network_runs(files, calls, capsys):
    options = ["--out", str(files / "out"), "--polygons", "--classes", "buildng"]
    assert run(files, ["a.tif"], *options) == 2
    assert "has no class `buildng`" in capsys.readouterr().err
    assert not (files / "out").exists()


def test_images_that_are_mapped_already_are_counted(files, calls, capsys):
    out = ["--out", str(files / "out"), "--device", "cpu"]
    assert run(files, ["a.tif"], *out) == 0
    assert run(files, ["a.tif", "b.tif"], *out) == 2
    assert "exist already" in capsys.readouterr().err and len(calls) == 1
    assert run(files, ["a.tif", "b.tif"], *out, "--resume") == 0
    assert "1 of 2 images are mapped already" in capsys.readouterr().out


def test_an_override_without_value_is_a_usage_error(files, calls, capsys):
    with pytest.raises(SystemExit) as error:
        run(files, ["a.tif"], "--out", str(files / "out"), "--cfg-options", "x")
    assert error.value.code == 2
    assert "KEY=VALUE" in capsys.readouterr().err
    assert calls == []
