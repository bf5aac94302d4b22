"""``mmda predict WORK_DIR --checkpoint auto`` maps with the stored choice."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import rasterio
from core_samples import LOOK, draw_scene, write_scene

import mmda
from mmda.calibration.stored import store_temperature
from mmda.cli import main
from mmda.raster.dataset.manifest import read_manifest, write_manifest
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
    monkeypatch.setattr(cache, "load_trained", lambda *_: pytest.fail("a checkpoint is measured"))
    rest = [str(tmp_path / "scene.tif"), "--out", str(tmp_path / "o"), "--device", "cpu"]
    assert main(["predict", str(work), *spelling, *rest, "--tile", "64"]) == 0
    assert worse in capsys.readouterr().out
    model = mmda.load_model(work / "config.py", work / worse, device="cpu")
    options = mmda.PredictOptions(tile=64, progress=False)
    mmda.predict(model, tmp_path / "scene.tif", tmp_path / "p", options)
    one, other = (mapped(tmp_path / name / "scene_mask.tif") for name in "op")
    np.testing.assert_array_equal(one, other)


def predicted(work, tmp_path, capsys) -> tuple[str, str]:
    """Return what is printed to standard output and error when a raster is mapped."""
    rest = [str(tmp_path / "scene.tif"), "--out", str(tmp_path / "o"), "--device", "cpu"]
    assert main(["predict", str(work), "auto", *rest, "--tile", "64", "--overwrite"]) == 0
    return capsys.readouterr()


def test_a_calibration_changes_no_choice(work, tmp_path, monkeypatch, capsys):
    store_temperature(work / "iter_60.pth", 1.7)
    monkeypatch.setattr(cache, "load_trained", lambda *_: pytest.fail("a checkpoint is measured"))
    out, err = predicted(work, tmp_path, capsys)
    assert "is chosen" in out and "made anew" not in err
    mmda.select(work, options=mmda.SelectOptions(tiles=1, pixels=100), device="cpu")


def test_other_checkpoints_than_those_compared_are_compared_anew(work, tmp_path, capsys):
    (work / "iter_30.pth").unlink()
    out, err = predicted(work, tmp_path, capsys)
    assert "`iter_60` is chosen: it is the only model" in out
    assert "was made among other checkpoints: `iter_30` is new, gone or another file" in err
    assert len(json.loads((work / "selection.json").read_text())["models"]) == 1


def test_checkpoints_of_another_training_in_the_folder_are_compared_anew(work, tmp_path, capsys):
    """The names are those that the stored choice knows, the contents are exchanged."""
    best = json.loads((work / "selection.json").read_text())["chosen"]
    other = {"iter_30": "iter_60", "iter_60": "iter_30"}[best]
    (work / "iter_30.pth").rename(work / "kept")
    (work / "iter_60.pth").rename(work / "iter_30.pth")
    (work / "kept").rename(work / "iter_60.pth")
    out, err = predicted(work, tmp_path, capsys)
    assert f"`{other}` is chosen" in out
    assert "among other checkpoints: `iter_30`, `iter_60` is new" in err
    assert not predicted(work, tmp_path, capsys)[1].count("warning")


def test_a_choice_by_another_rule_or_for_another_target_is_made_anew(
    work, toy_root, tmp_path, capsys
):
    options = mmda.SelectOptions("entropy", tiles=1, pixels=100)
    mmda.select(work, options=options, device="cpu")
    assert (
        "by the criterion `entropy`, not by `nuclear_norm`" in predicted(work, tmp_path, capsys)[1]
    )
    other = shutil.copytree(toy_root / "buildings" / "target", tmp_path / "other")
    write_manifest(other, read_manifest(other, "val")[1:])
    mmda.select(work, other, options=mmda.SelectOptions(tiles=1, pixels=100), device="cpu")
    assert f"for `{other}`, split `val`" in predicted(work, tmp_path, capsys)[1]
    assert json.loads((work / "selection.json").read_text())["target"]["name"].startswith(
        f"`{toy_root / 'buildings' / 'target'}`, split `val`, "
    )


def test_a_stored_choice_is_taken_where_its_data_are_not(work, toy_root, tmp_path, capsys):
    text = (work / "config.py").read_text()
    (work / "config.py").write_text(text.replace(str(toy_root), str(tmp_path / "gone")))
    out, err = predicted(work, tmp_path, capsys)
    assert json.loads((work / "selection.json").read_text())["why"] in out
    assert "warning" not in err


def test_auto_needs_a_folder(tmp_path, capsys):
    (tmp_path / "config.py").write_text("")
    argv = ["predict", str(tmp_path / "config.py"), "auto", "a.tif", "--out", str(tmp_path)]
    assert main(argv) == 2
    assert "is no folder: `auto` chooses among the checkpoints" in capsys.readouterr().err
