"""Semantic drift: a known segmentor on known changes."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import rasterio
import torch
from core_samples import LOOK, TRAINING
from mmengine.registry import init_default_scope

from mmda.cli import main
from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.raster.dataset.domain import TiledDomain
from mmda.registry import MODELS
from mmda.style.drift import draw_drift, measure_drift
from mmda.style.translate import TranslatedCopy

MIDDLE = sum(LOOK["source"]) / 2


class HalfDark:
    """Turns the left half of every image black."""

    description = {"method": "half dark"}

    def __call__(self, image: np.ndarray, tile: str, valid=None) -> np.ndarray:
        dark = image.copy()
        dark[:, : image.shape[1] // 2] = 1
        return dark


def threshold(pixels: np.ndarray) -> np.ndarray:
    """Class 1 where an image is bright."""
    bright = (pixels.mean(1) > MIDDLE).astype(np.float32)
    return np.stack([1 - bright, bright], 1)


@pytest.fixture
def copied(toy_root, tmp_path):
    source = toy_root / "buildings" / "source"
    TranslatedCopy(source, tmp_path / "out", HalfDark(), progress=False).write()
    return source, tmp_path / "out"


def test_figures_of_a_known_change(copied):
    found = measure_drift(*copied, threshold, 2, progress=False)
    domain = TiledDomain(copied[0])
    images = np.stack([domain.read_image(row)[0] for row in domain.rows()])
    before = images.mean(3) > MIDDLE
    after = before.copy()
    after[:, :, :32] = False
    assert found.agreement == pytest.approx(100 * (before == after).mean())
    both = (before & after).sum() / (before | after).sum()
    assert found.iou["building"] == pytest.approx(100 * both)
    per_tile = 100 * (before == after).mean((1, 2))
    assert list(found.tiles.values()) == pytest.approx(sorted(per_tile))
    assert found.miou_before > 90
    assert found.miou_after < 75
    assert 60 < found.agreement < 90


def test_a_copy_without_change_has_no_drift(copied):
    found = measure_drift(copied[0], copied[0], threshold, 2, progress=False)
    assert found.agreement == 100
    assert set(found.iou.values()) == {100.0}
    assert found.miou_before == found.miou_after


def test_fewer_tiles_are_spread_over_the_dataset(copied):
    found = measure_drift(*copied, threshold, 2, tiles=3, progress=False)
    ids = [row["id"] for row in TiledDomain(copied[0]).rows()]
    assert set(found.tiles) == {ids[0], ids[round((len(ids) - 1) / 2)], ids[-1]}


def test_other_classes_are_refused(copied):
    with pytest.raises(ConfigError, match=r"has 3 classes, but .* 2: background, building"):
        measure_drift(*copied, threshold, 3, progress=False)


def test_missing_figures_are_none_in_json(copied):
    from dataclasses import replace

    found = measure_drift(*copied, threshold, 2, tiles=1, progress=False)
    bare = replace(found, miou_before=math.nan, iou={"background": 1.0, "building": math.nan})
    text = json.dumps(bare.to_json(), allow_nan=False)
    assert json.loads(text)["miou_before"] is None
    assert json.loads(text)["iou"] == {"background": 1.0, "building": None}


def test_the_picture_has_a_row_per_tile_and_four_columns(copied, tmp_path):
    ids = [row["id"] for row in TiledDomain(copied[0]).rows()][:2]
    draw_drift(*copied, threshold, ids, tmp_path / "drift.png")
    with rasterio.open(tmp_path / "drift.png") as raster:
        picture = raster.read()
    assert picture.shape == (3, 2 * 256, 1024)
    dark = picture[:, :256, 512 : 512 + 120]  # left half of the translated image
    assert dark.max() < 10
    assert picture[:, :256, :120].mean() > 50


def test_command(copied, write_config, tmp_path, capsys):
    init_default_scope("mmda")
    config = write_config(base=TRAINING)
    model = MODELS.build(load_config(config).model)
    model.init_weights()
    torch.save({"state_dict": model.state_dict(), "meta": {}}, tmp_path / "model.pth")
    argv = ["translate", str(copied[0]), str(tmp_path / "new"), "--method", "mean_std"]
    argv += ["--target", str(copied[0]), "--drift-tiles", "4", "--device", "cpu"]
    assert main([*argv, "--segmentor", config, str(tmp_path / "model.pth")]) == 0
    out = capsys.readouterr().out
    assert "drift over 4 tiles: predictions agree on 100.0 %" in out
    assert "mIoU against the labels" in out
    report = json.loads((tmp_path / "new" / "drift.json").read_text())
    assert report["agreement"] == 100
    assert (tmp_path / "new" / "drift.png").exists()
