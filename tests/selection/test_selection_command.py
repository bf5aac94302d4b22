"""``mmda select`` on a real training of seconds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import mmda
from mmda.cli import main
from mmda.errors import ConfigError
from mmda.raster.dataset.manifest import read_manifest, write_manifest
from mmda.selection import cache
from mmda.selection.candidates import find_candidates

FEW = ["--tiles", "2", "--pixels", "500", "--device", "cpu"]
OPTIONS = mmda.SelectOptions(tiles=2, pixels=500, progress=False)


@pytest.fixture
def work(training, tmp_path):
    return shutil.copytree(training, tmp_path / "work")


def test_the_better_checkpoint_is_chosen_and_why(work, toy_root, tmp_path, capsys):
    out = tmp_path / "scores.json"
    data = str(toy_root / "buildings" / "target")
    argv = ["select", str(work), "--data", data, "--split", "test", "--rule", "information"]
    assert main([*argv, *FEW, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].split()[:2] == ["model", "information"]
    chosen = json.loads(out.read_text())
    assert chosen["chosen"] == "iter_60"
    assert "`iter_60` is chosen: of 2 models it has the highest information" in printed
    assert f"checkpoint: {work / 'iter_60.pth'}" in printed
    one, other = (model["scores"] for model in chosen["models"])
    assert one["information"] > other["information"]
    assert one["source_validation"] > 60
    stored = json.loads((work / "selection.json").read_text())
    assert stored["models"][0]["checkpoint"] == "iter_60.pth"


def test_what_is_known_of_a_checkpoint_is_not_computed_again(work, monkeypatch):
    first = mmda.select(work, options=OPTIONS, device="cpu")
    monkeypatch.setattr(cache, "load_trained", lambda *_: pytest.fail("a checkpoint is loaded"))
    again = mmda.select([work], options=OPTIONS, device="cpu")
    assert again.to_json() == first.to_json()


def test_another_content_or_setting_is_computed_anew(work, monkeypatch):
    mmda.select(work, options=OPTIONS, device="cpu")
    loaded = []
    real = cache.load_trained
    monkeypatch.setattr(
        cache, "load_trained", lambda *args: loaded.append(args[1].name) or real(*args)
    )
    content = torch.load(work / "iter_30.pth", weights_only=False)
    content["state_dict"]["segmentor.decode_head.conv_seg.bias"] += 0.01
    torch.save(content, work / "iter_30.pth")
    mmda.select(work, options=OPTIONS, device="cpu")
    assert loaded == ["iter_30.pth"]
    options = mmda.SelectOptions(tiles=1, pixels=500, progress=False)
    mmda.select(work, options=options, device="cpu")
    assert loaded == ["iter_30.pth", "iter_30.pth", "iter_60.pth"]


def test_checkpoints_that_cannot_be_compared_are_left_out(work, capsys):
    (work / "broken.pth").write_bytes(b"nothing")
    (work / ".hidden.pth").write_bytes(b"nothing")
    bound = work / "bound"
    bound.mkdir()
    shutil.copyfile(work / "iter_60.pth", bound / "iter_9.pth")
    text = (work / "config.py").read_text()
    (bound / "config.py").write_text(text.replace("buildings/source", "buildings/target"))
    assert main(["select", str(work), *FEW]) == 0
    printed, warned = capsys.readouterr()
    assert "warning: `broken` is left out: " in warned
    assert "`bound/iter_9` is left out: it was trained on labels of the target." in warned
    assert "hidden" not in printed + warned


def test_folders_that_cannot_be_compared_do_not_stop_the_others(work, capsys):
    """A CycleGAN, a config that cannot be read and a checkpoint without one lie beside them."""
    shutil.move(work, work.parent / "kept")
    shutil.move(work.parent / "kept", work / "good")
    texts = {
        "style": "model = dict(type='CycleGAN')",
        "torn": "model = dict(",
        "odd/deep": None,
    }
    for name, text in texts.items():
        (work / name).mkdir(parents=True)
        shutil.copyfile(work / "good" / "iter_60.pth", work / name / "iter_9.pth")
        if text is not None:
            (work / name / "config.py").write_text(text)
    assert main(["select", str(work), *FEW]) == 0
    printed, warned = capsys.readouterr()
    assert "is chosen: of 2 models" in printed
    assert "`style/iter_9` is left out: its model is a CycleGAN; only segmentors are" in warned
    assert f"`torn/iter_9` is left out: The config `{work / 'torn' / 'config.py'}` cannot" in warned
    assert "`odd/deep/iter_9` is left out: There is no config beside" in warned


def test_without_the_source_there_is_no_guard_but_a_choice(work, toy_root, tmp_path):
    text = (work / "config.py").read_text()
    there = str(toy_root / "buildings" / "source")
    (work / "config.py").write_text(text.replace(there, str(tmp_path / "gone")))
    result = mmda.select(work, options=OPTIONS, device="cpu")
    assert np.isnan(result.best.scores["source_validation"])
    assert result.best.refused is None


@pytest.mark.parametrize(
    ("name", "message"),
    [("gone", "`.*gone` does not exist"), ("empty", r"`.*empty` has no checkpoint \(.pth\)")],
)
def test_folders_without_a_checkpoint(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=message):
        mmda.select(tmp_path / name)


def test_checkpoints_have_different_names(tmp_path):
    for name in ("runs/a/train/iter_1.pth", "runs/b/train/iter_1.pth"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"")
    assert [one.name for one in find_candidates([tmp_path])] == ["a/iter_1", "b/iter_1"]
    (tmp_path / "runs" / "a" / "iter_1.pth").write_bytes(b"")
    assert [one.name for one in find_candidates([tmp_path])] == [
        "runs/a/iter_1",
        "runs/a/train/iter_1",
        "runs/b/train/iter_1",
    ]


def test_a_checkpoint_without_a_config(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "iter_1.pth").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"no config beside the checkpoint `.*iter_1.pth`"):
        mmda.select(tmp_path / "a" / "b")


def test_a_split_that_is_not_there(work):
    with pytest.raises(ConfigError, match=r"None of the checkpoints.*no tiles in split `vali`"):
        mmda.select(work, options=mmda.SelectOptions(split="vali"))


def test_trainings_for_several_targets(work, toy_root, tmp_path):
    roads = shutil.copytree(toy_root / "buildings" / "target", tmp_path / "roads")
    write_manifest(roads, read_manifest(roads)[1:])
    there = str(toy_root / "buildings" / "target")
    other = changed(work, tmp_path / "other", there, str(tmp_path / "roads"))
    with pytest.raises(ConfigError, match=r"2 different targets: `.*buildings/target.*`.*/roads`"):
        mmda.select([work, other])
    data = toy_root / "buildings" / "target"
    assert len(mmda.select([work, other], data, OPTIONS, device="cpu").models) == 4


def test_trainings_with_other_splits_of_one_target(work, toy_root, tmp_path, monkeypatch):
    """The numbers of tiles are equal, so that other pixels would be compared unnoticed."""
    root = toy_root / "buildings" / "target"
    scenes = {row["split"]: row["scene"] for row in read_manifest(root)}
    table = tmp_path / "splits.csv"
    table.write_text(f"scene,split\n{scenes['val']},test\n{scenes['test']},val\n")
    place = f"data_root='{root}',"
    other = changed(work, tmp_path / "other", place, f"{place} split_file='{table}',")
    monkeypatch.setattr(cache, "load_trained", lambda *_: pytest.fail("a checkpoint is loaded"))
    with pytest.raises(ConfigError) as error:
        mmda.select([work, other], options=OPTIONS)
    for part in (f"`{root}`, split `val`, ", f"split `val` of `{table}`", "other/iter_"):
        assert part in str(error.value)


def changed(work: Path, copy: Path, old: str, new: str) -> Path:
    """Return a copy of a training whose config has another text in a place."""
    shutil.copytree(work, copy)
    text = (copy / "config.py").read_text()
    assert old in text
    (copy / "config.py").write_text(text.replace(old, new))
    return copy
