"""Abutting sheets mapped as one raster."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from api_samples import map_names, pixel_model
from raster_samples import affine, noise, write
from rasterio.enums import ColorInterp
from test_api_banding import tile_model

import mmda
from mmda.api.outputs import plan_outputs
from mmda.errors import ConfigError, DataError
from mmda.raster.mapping.sheets import lay_sheets

QUIET = {"tile": 32, "progress": False}
SHARES = {"probabilities": True, "confidence": True, "entropy": True}
HEIGHT, WIDTH = 90, 110
CUTS = {"nw": (0, 0, 40, 50), "ne": (0, 50, 40, 60), "s": (40, 0, 50, 110)}


def write_sheets(folder, image, cuts=CUTS, **options):
    """Cut an image into sheets: row, column, height and width of each by name."""
    for name, (row, col, height, width) in cuts.items():
        part = image[:, row : row + height, col : col + width]
        transform = affine(0.5) @ Affine.translation(col, row)
        write(folder / f"{name}.tif", part, **{"transform": transform, **options})
    return folder


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read()


def predict(images, out, model=None, **options):
    return mmda.predict(model or tile_model(), images, out, mmda.PredictOptions(**QUIET, **options))


@pytest.fixture
def city(tmp_path):
    """Return a raster, and the folder of its sheets."""
    image = noise(3, HEIGHT, WIDTH)
    whole = write(tmp_path / "whole.tif", image)
    return whole, write_sheets(tmp_path / "city", image)


@pytest.mark.parametrize("options", [SHARES, {"gsd": 0.8}])
def test_sheets_give_the_map_of_the_whole_raster(tmp_path, city, options):
    whole, sheets = city
    predict(whole, tmp_path / "whole", **options)
    predict(sheets, tmp_path / "one", as_one=True, **options)
    predict(sheets, tmp_path / "sheets", as_sheets=True, **options)
    kinds = ["mask", *(kind for kind in SHARES if kind in options)]
    for kind in kinds:
        expected = read(tmp_path / f"whole/whole_{kind}.tif")
        np.testing.assert_array_equal(read(tmp_path / f"one/city_{kind}.tif"), expected)
        for name, (row, col, height, width) in CUTS.items():
            part = expected[:, row : row + height, col : col + width]
            with rasterio.open(tmp_path / f"sheets/{name}_{kind}.tif") as found:
                np.testing.assert_array_equal(found.read(), part)
                with rasterio.open(sheets / f"{name}.tif") as sheet:
                    assert (found.transform, found.crs) == (sheet.transform, sheet.crs)
    more = {f"{name}_{kind}.tif" for name in CUTS for kind in kinds[1:]}
    assert {p.name for p in (tmp_path / "sheets").iterdir()} == map_names(*CUTS) | more
    with rasterio.open(tmp_path / "sheets/s_mask.tif") as mask:
        assert mask.tags()["CLASSES"] == '["a", "b", "c"]'
        assert mask.colormap(1)[1] == (255, 0, 0, 255)


def test_polygons_of_sheets_are_merged(tmp_path):
    image = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    image[:, 30:60, 40:70] = 200  # in all three sheets
    sheets = write_sheets(tmp_path / "city", image)
    (done,) = predict(sheets, tmp_path / "out", pixel_model(), as_sheets=True, polygons=True)
    frame = gpd.read_file(tmp_path / "out/city_polygons.gpkg")
    assert frame["area_m2"].tolist() == pytest.approx([900 / 4], rel=0.01)
    assert done.summary.out == tmp_path / "out"


@pytest.mark.parametrize("marked", ["not", "value", "alpha", "mask"])
def test_gaps_are_no_data(tmp_path, marked):
    image = noise(3, HEIGHT, WIDTH)
    cuts = {"a": (0, 0, 40, 50), "b": (50, 60, 40, 50)}
    options = {"nodata": 0} if marked == "value" else {}
    if marked == "alpha":
        alpha = np.full((1, HEIGHT, WIDTH), 255, np.uint8)
        alpha[:, :5] = 0
        image = np.concatenate([image, alpha])
    sheets = write_sheets(tmp_path / "city", image, cuts, **options)
    for name in cuts:
        with rasterio.open(sheets / f"{name}.tif", "r+") as dataset:
            if marked == "alpha":
                dataset.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue,
                                       ColorInterp.alpha]  # fmt: skip
            if marked == "mask":
                dataset.write_mask(np.ones(dataset.shape, bool))
    predict(sheets, tmp_path / "out", pixel_model(), as_one=True)
    expected = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for row, col, height, width in cuts.values():
        box = np.s_[row : row + height, col : col + width]
        expected[box] = image[0][box] > 100
    if marked == "alpha":
        expected[:5] = 255
    np.testing.assert_array_equal(read(tmp_path / "out/city_mask.tif")[0], expected)


def test_a_shard_of_sheets(tmp_path, city):
    whole, sheets = city
    predict(whole, tmp_path / "whole")
    for index in (1, 2):
        options = mmda.PredictOptions(**QUIET, as_one=True, shard=f"{index}/2", band_strips=1)
        mmda.predict_bands(tile_model(), sheets, tmp_path / "out", options)
    (joined,) = mmda.mosaic(tmp_path / "out")
    assert joined.mask == tmp_path / "out/city_mask.tif"
    np.testing.assert_array_equal(read(joined.mask), read(tmp_path / "whole/whole_mask.tif"))


def test_maps_of_sheets_are_kept_resumed_and_replaced(tmp_path, city):
    _, sheets = city
    out = tmp_path / "out"
    for how in ({"as_sheets": True}, {"as_one": True}):
        predict(sheets, out, **how)
        with pytest.raises(ConfigError, match="exist already"):
            predict(sheets, out, **how)
        assert predict(sheets, out, **how, resume=True) == []
        (again,) = predict(sheets, out, **how, overwrite=True)
        assert again.summary.height == HEIGHT
    with pytest.raises(ConfigError, match=r"city_sheets\.vrt` holds other sheets"):
        predict([sheets / "s.tif"], out, as_one=True, resume=True)
    with pytest.raises(ConfigError, match="is one file"):
        predict(sheets, tmp_path / "x.tif", as_sheets=True)
    predict(sheets, tmp_path / "x.tif", as_one=True)
    assert read(tmp_path / "x.tif").shape == (1, HEIGHT, WIDTH)


def test_maps_of_sheets_leave_folders_of_the_user_alone(tmp_path, city):
    _, sheets = city
    own = write(tmp_path / "out/city_sheets/own.tif", noise(3, 9, 9))
    predict(sheets, tmp_path / "out", as_sheets=True)
    predict(sheets, tmp_path / "out", as_sheets=True, resume=True)
    assert {p.name for p in (tmp_path / "out").iterdir()} == map_names(*CUTS) | {"city_sheets"}
    assert read(own).shape == (3, 9, 9)


def test_a_start_that_failed_leaves_other_sheets_free(tmp_path, city):
    _, sheets = city
    options = mmda.PredictOptions(**QUIET, as_one=True)
    plan_outputs([sheets / "nw.tif"], tmp_path / "out", options)
    predict(sheets, tmp_path / "out", as_one=True)
    assert read(tmp_path / "out/city_mask.tif").shape == (1, HEIGHT, WIDTH)


@pytest.mark.parametrize("how", ["as_one", "as_sheets"])
def test_a_vrt_with_keys_is_told_of_where_it_stays(tmp_path, city, monkeypatch, how):
    real, signed = lay_sheets, "https://host/s.tif?sig=secret"
    monkeypatch.setattr("mmda.api.sheets.lay_sheets", lambda _: real([str(city[1] / "s.tif")]))
    options = mmda.PredictOptions(**QUIET, **{how: True})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        plan_outputs([signed], tmp_path / "out", options)
        plan_outputs([city[1] / "s.tif"], tmp_path / "own", options)
    told = [str(one.message) for one in caught]
    assert ["Do not pass it on" in text for text in told] == [True] * (how == "as_one")


@pytest.mark.parametrize(
    ("options", "image", "message"),
    [
        ({"crs": "EPSG:32634"}, noise(3, 9, 9), "in EPSG:32634, the latter in EPSG:32633"),
        ({"crs": None}, noise(3, 9, 9), "cannot be placed on the ground"),
        ({}, noise(1, 9, 9), "its bands: 1, that of the latter: 1 x 2 x 3"),
        ({}, noise(3, 9, 9, "uint16"), "its data type: uint16"),
        ({"nodata": 7}, noise(3, 9, 9), "its mark of no data: 7"),
        ({"transform": affine(0.4)}, noise(3, 9, 9), "its pixels measure 0.4"),
        ({"transform": affine(0.5) @ Affine.translation(0.3, 0)}, noise(3, 9, 9),
         "lies 0.30 pixels off the grid"),
    ],
)  # fmt: skip
def test_sheets_that_do_not_fit_are_refused(tmp_path, city, options, image, message):
    odd = write(tmp_path / "city/z.tif", image, **options)
    with pytest.raises(DataError, match=f"`{odd}` cannot be mapped as one.*{message}"):
        predict(tmp_path / "city", tmp_path / "out", as_one=True)
    assert not (tmp_path / "out").exists()


def test_options_that_exclude_each_other():
    for more in ({"as_one": True}, {"shard": "1/2"}, {"grid": "model"}):
        with pytest.raises(ConfigError, match="Give `as_sheets` without"):
            mmda.PredictOptions(as_sheets=True, **more)
