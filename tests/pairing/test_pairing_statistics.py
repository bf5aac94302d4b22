"""Statistics of a domain: those of the pixels that training sees."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pair_samples import domain
from raster_samples import noise, tile, write

from mmda.errors import DataError
from mmda.pairing.statistics import DomainStatistics, check_same_bands, measure, white_level
from mmda.raster import Scene
from mmda.raster.dataset.domain import TiledDomain


def measured(root, workers=2, reuse=False, move=None):
    tiles = TiledDomain(root)
    rows = tiles.rows()
    for row in rows:
        row["split"] = (move or {}).get(row["scene"], row["split"])
    return measure(tiles, rows, reuse=reuse, workers=workers, progress=False), rows


@pytest.mark.parametrize(
    ("bands", "dtype", "kind"),
    [(3, "uint8", "tif"), (3, "uint8", "png"), (4, "uint16", "tif"), (8, "float32", "none")],
)
def test_mean_and_deviation_are_those_of_the_training_tiles(tmp_path, bands, dtype, kind):
    root = domain(tmp_path, "t", "train train", bands=bands, dtype=dtype, format=kind)
    found, rows = measured(root, move={"t1": "val"})
    pixels = noise(bands, 64, 128, dtype, 0).astype(np.float64).reshape(bands, -1)
    np.testing.assert_allclose(found.mean, pixels.mean(1), rtol=1e-6)
    np.testing.assert_allclose(found.std, pixels.std(1), rtol=1e-6)
    assert found.measured
    train = [row["class_pixels"] for row in rows if row["split"] == "train"]
    assert found.class_pixels["train"] == np.sum(train, axis=0).tolist()
    assert sum(found.class_pixels["val"]) == 64 * 128
    if dtype != "uint8":
        assert found.low == pixels.min()
        assert found.high == pytest.approx(np.quantile(pixels, 0.999), rel=1e-3)


def test_no_data_does_not_count_and_threads_change_nothing(tmp_path):
    for kind in ("tif", "none"):
        image = noise(2, 128, 128, "uint16")
        image[:, :50] = 0
        path = write(tmp_path / f"{kind}.tif", image, nodata=0)
        tile([Scene("a", str(path))], tmp_path / kind, min_valid=0.1, format=kind)
        one, _ = measured(tmp_path / kind, workers=1)
        np.testing.assert_allclose(one.mean, image[:, 50:].reshape(2, -1).mean(1), rtol=1e-6)
        assert one.low >= 1
        assert measured(tmp_path / kind, workers=3)[0] == one


def test_dataset_json_is_reused_where_it_holds(tmp_path, monkeypatch):
    root = domain(tmp_path, "t", "train val")
    again, _ = measured(root)
    monkeypatch.setattr(TiledDomain, "read_image", None)
    found, _ = measured(root, reuse=True)
    assert not found.measured
    np.testing.assert_allclose(found.mean, again.mean, rtol=1e-9)
    np.testing.assert_allclose(found.std, again.std, rtol=1e-9)


def test_a_constant_band_has_a_deviation_to_divide_by(tmp_path):
    root = domain(tmp_path, "t", "train", scale=0)
    assert measured(root)[0].std == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("dtype", "low", "high", "white"),
    [
        ("uint8", 0, 255, 255),
        ("uint16", 0, 4000, 4095),
        ("uint16", 0, 4095, 4095),
        ("uint16", 0, 9000, 16383),
        ("float32", 0, 0.734, 0.74),
        ("float32", 0, 1.0, 1.0),
        ("float32", 0, 0, 1.0),
        ("float32", -20, 5, None),
    ],
)
def test_white_level(dtype, low, high, white):
    found = DomainStatistics([0], [1], low, high, True, {})
    darker = dataclasses.replace(found, high=high / 2, low=max(low, 0))
    assert white_level(dtype, [darker, found]) == white


def test_domains_of_other_bands_and_types(tmp_path):
    three, four = domain(tmp_path, "a", "train"), domain(tmp_path, "b", "train", bands=4)
    wide = domain(tmp_path, "c", "train", dtype="uint16")
    with pytest.raises(DataError, match=r"a` has 3 bands, .*b` has 4; one network.*gdal_translate"):
        check_same_bands(TiledDomain(three), TiledDomain(four))
    (warning,) = check_same_bands(TiledDomain(three), TiledDomain(wide))
    assert "are uint8, the target's uint16" in warning
    assert check_same_bands(TiledDomain(three), TiledDomain(three)) == []


@pytest.mark.parametrize(("scale", "warns"), [(1.0, False), (0.5, False), (1 / 16, True)])
def test_scales_that_differ_are_told(tmp_path, scale, warns):
    domain(tmp_path, "s", "train", dtype="uint16", scale=scale)
    domain(tmp_path, "t", "train", dtype="uint16", east=1000, seed=9)
    found = check_same_bands(TiledDomain(tmp_path / "s"), TiledDomain(tmp_path / "t"))
    assert bool(found) is warns
    assert not warns or "different scales" in found[0]
