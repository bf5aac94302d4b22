"""``mmda predict WORK_DIR --checkpoint auto`` maps with the stored choice."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import rasterio
from core_samples import LOOK, draw_scene, write_scene

import mmda
from mmda.cli import main
from mmda.selection import cache


@pytest.fixture
def work(training, tmp_path):
    work = shutil.copytree(training, tmp_path / "work")
    mmda.select(work, options=mmda.SelectOptions(tiles=1, pixels=100), device="cpu")
    write_scene(tmp_path / "scene.tif", *draw_scene(77, LOOK["target"]))
    return work


def mapped(path) -> np.ndarray:
    with rasterio.open(path) as mask:
        return mask.read(1)


@pytest.mark.parametrize("spelling", [["--checkpoint", "auto"], ["auto"], ["--checkpoint=auto"]])
def test_the_stored_choice_is_taken(work, tmp_path, monkeypatch, capsys, spelling):
    content = json.loads((work / "selection.json").read_text())
    content["models"].reverse()
    (work / "selection.json").write_text(json.dumps(content))
    worse = content["models"][0]["checkpoint"]
    monkeypatch.setattr(cache, "load_model", lambda *_: pytest.fail("a checkpoint is measured"))
    rest = [str(tmp_path / "scene.tif"), "--out", str(tmp_path / "o"), "--device", "cpu"]
    assert main(["predict", str(work), *spelling, *rest, "--tile", "64"]) == 0
    assert worse in capsys.readouterr().out
    model = mmda.load_model(work / "config.py", work / worse, device="cpu")
    options = mmda.PredictOptions(tile=64, progress=False)
    mmda.predict(model, tmp_path / "scene.tif", tmp_path / "p", options)
    one, other = (mapped(tmp_path / name / "scene_mask.tif") for name in "op")
    np.testing.assert_array_equal(one, other)


def test_other_checkpoints_than_those_compared_are_compared_anew(work, tmp_path, capsys):
    (work / "iter_30.pth").unlink()
    rest = [str(tmp_path / "scene.tif"), "--out", str(tmp_path / "o"), "--device", "cpu"]
    assert main(["predict", str(work), "auto", *rest, "--tile", "64"]) == 0
    assert "`iter_60` is chosen: it is the only model" in capsys.readouterr().out
    assert len(json.loads((work / "selection.json").read_text())["models"]) == 1


def test_auto_needs_a_folder(tmp_path, capsys):
    (tmp_path / "config.py").write_text("")
    argv = ["predict", str(tmp_path / "config.py"), "auto", "a.tif", "--out", str(tmp_path)]
    assert main(argv) == 2
    assert "is no folder: `auto` chooses among the checkpoints" in capsys.readouterr().err
