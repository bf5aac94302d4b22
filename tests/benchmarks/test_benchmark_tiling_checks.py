"""The checks of the tiling benchmark notice what is wrong; its ratios are those of the rates."""

import importlib
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
HEIGHT, WIDTH, STRIDE = 600, 700, 100


@pytest.fixture
def contenders(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("tiling_contenders")


@pytest.fixture
def checks(contenders):
    return importlib.import_module("tiling_checks")


@pytest.fixture
def task(tmp_path, contenders):
    shape = {"driver": "GTiff", "height": HEIGHT, "width": WIDTH, "dtype": "uint8"}
    draw = np.random.default_rng(0)
    for name, bands, top in (("image", 3, 255), ("mask", 1, 2)):
        place = contenders.PLACE
        with rasterio.open(tmp_path / f"{name}.tif", "w", count=bands, **shape, **place) as out:
            out.write(draw.integers(0, top, (bands, HEIGHT, WIDTH), dtype=np.uint8))
    (tmp_path / "out").mkdir()
    return contenders.Task(tmp_path / "image.tif", tmp_path / "mask.tif", STRIDE, "png")


def run_retile(task, out):
    """What gdal_retile.py would write: smaller tiles at the right and lower edge."""
    for path in (task.image, task.mask):
        (out / path.stem).mkdir()
        with rasterio.open(path) as dataset:
            pixels = dataset.read()
        for i in range(2):
            for j in range(3):
                tile = pixels[:, 100 * i : 100 * i + 512, 100 * j : 100 * j + 512]
                name = str(out / path.stem / f"{path.stem}_{i + 1}_{j + 1}.png")
                cv2.imwrite(name, tile[::-1].transpose(1, 2, 0))


def run_mmda(task, out):
    importlib.import_module("tiling_contenders").run_mmda(task, out, 1)


def run_loop(task, out):
    importlib.import_module("tiling_contenders").run_loop(task, out)


RUNS = {"mmda x1": run_mmda, "plain loop": run_loop, "gdal_retile": run_retile}


def spoil_pixel(path):
    tile = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    tile[7, 9] ^= 1
    cv2.imwrite(str(path), tile)


@pytest.mark.parametrize("spoil", [spoil_pixel, Path.unlink])
@pytest.mark.parametrize("contender", RUNS)
def test_a_wrong_pixel_and_a_missing_tile_are_noticed(tmp_path, task, checks, contender, spoil):
    out = tmp_path / "out"
    RUNS[contender](task, out)
    assert checks.check(contender, task, out) == 6
    tiles = sorted(out.rglob("*.png"))
    assert len(tiles) == 12
    for path in (tiles[0], tiles[-1]):  # an image and a mask
        content = path.read_bytes()
        spoil(path)
        with pytest.raises((AssertionError, rasterio.errors.RasterioIOError)):
            checks.check(contender, task, out)
        path.write_bytes(content)
    assert checks.check(contender, task, out) == 6


def test_torchgeo_tiles_are_those_of_the_raster(tmp_path, task, checks, contenders):
    pytest.importorskip("torchgeo.samplers")
    contenders.run_torchgeo(task, tmp_path / "out")
    assert checks.check("torchgeo", task, tmp_path / "out") == 6


def test_torchgeo_starts_at_the_lower_left_and_goes_beyond_the_raster(contenders):
    corners = contenders.torchgeo_corners(HEIGHT, WIDTH, STRIDE)
    assert corners == [(88, 0), (88, 100), (88, 200), (-12, 0), (-12, 100), (-12, 200)]
    assert len(corners) == len(contenders.tile_corners(HEIGHT, WIDTH, STRIDE))


def test_ratios_are_the_smallest_of_the_medians_of_the_repeats(monkeypatch, contenders):
    tiling = importlib.import_module("tiling")
    rates = {
        ("strip raw", 512, "zstd"): {
            "mmda x1": [1, 1, 1],
            "mmda x2": [100, 300, 90],
            "mmda by GDAL x2": [80, 200, 90],
            "encoder x1": [1, 1, 1],
            "encoder x2": [100, 100, 100],
            "gdal_retile": [50, 100, 10],
        },
        ("strip LZW", 512, "zstd"): {
            "mmda x2": [80, 80, 80],
            "encoder x2": [800, 800, 800],
            "gdal_retile": [32, 32, 32],
        },
        ("strip raw", 512, "png"): {"mmda x2": [70, 71, 72], "encoder x2": [100, 100, 100]},
    }
    found = tiling._ratios(rates)
    assert found["vs_gdal_retile_zstd"] == 2.5  # of 3 (the median of 2, 3 and 9) and 2.5
    assert found["vs_gdal_retile_png"] is None
    assert found["vs_gdal_encoder"] == 1.25  # the median of 1.25, 1.5 and 1
    assert math.isclose(found["vs_encoder"], 0.71)  # of 1 and 0.71; LZW must decompress, too
