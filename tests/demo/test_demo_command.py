"""The whole demo at the smallest scale, through the command a user types."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import rasterio
from forked_workers import FORKS

from mmda.ablation import cities, read_table, scheduler
from mmda.cli import main as mmda
from mmda.demo import experiment, summary
from mmda.report import format_table

CLASSES = ("background", "building")
SCORES = {"mIoU": 50.0, **{f"{k}/{c}": 50.0 for k in ("IoU", "F1") for c in CLASSES}}


def small_table(path: Path, folder: Path) -> Path:
    """Write the demo's table with a network and samples that train in seconds."""
    overrides = {
        "model.segmentor.backbone.base_channels": 8,
        "model.segmentor.decode_head.*channels": 8,
        "train_dataloader.*.crop_size": 64,
        "train_dataloader.batch_size": 2,
    }
    small = folder / "demo.py"
    small.write_text(f"_base_ = {str(path)!r}\noverrides = {overrides!r}\n")
    return small


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scheduler, "subprocess", FORKS)
        patch.setattr(cities, "SCENES", {"train": 1, "val": 1, "test": 1})
        patch.setattr(cities, "SCENE_SIZE", 256)
        patch.setattr(experiment, "read_table", lambda path: read_table(small_table(path, folder)))
        assert mmda(["demo", "--iterations", "60", "--seed", "3", "--out", str(folder)]) == 0
        yield folder


def test_summary_has_the_documented_keys(out):
    summary = json.loads((out / "summary.json").read_text())
    assert set(summary) == {"task", "seed", "runs", "nam", "recommended"}
    assert (summary["task"], summary["seed"]) == ("buildings", 3)
    for name in ("source_only", "adapted", "target_only"):
        run = summary["runs"][name]
        assert set(run) == {"miou", "iou", "f1", "train_seconds"}
        assert set(run["iou"]) == set(run["f1"]) == {"background", "building"}
        assert 0 <= run["miou"] <= 100
        assert run["train_seconds"] > 0
    # After so few iterations both models may predict one class everywhere.
    run, why = summary["recommended"]["run"], summary["recommended"]["why"]
    assert why.startswith("No model can be chosen" if run is None else f"`{run}/")


def test_report_stands_alone(out):
    page = (out / "report.html").read_text()
    assert 'src="http' not in page
    assert len(page) < 3e6
    # After so few iterations both models may predict one class everywhere.
    chosen = json.loads((out / "summary.json").read_text())["recommended"]["run"] is not None
    assert ("Chosen without a single target label" in page) == chosen
    errors = re.findall(r">([a-z ]{4,20}): calibration error (\d+\.\d) %", page)
    assert [name for name, _ in errors] == ["source only", "adapted", "target only"]
    assert re.findall('<section id="(.*?)">', page)[:1] == ["results"]
    for part in ("swipe", "errors", "tiles", "confusion", "losses", "planes", "domains"):
        assert f'<section id="{part}">' in page, part


def test_the_command_gives_the_same_report(out):
    own = (out / "report.html").read_bytes()
    title = ["--title", "Toy cities: buildings"]
    assert mmda(["report", str(out), "--out", str(out / "again.html"), *title]) == 0
    assert (out / "again.html").read_bytes() == own


def test_the_map_lies_where_the_scene_lies(out):
    (mask,) = out.glob("seed3-*/*/runs/adapted/seed3/map.tif")
    (scene,) = out.glob("seed3-*/cities/target/images/*_3.tif")
    with rasterio.open(mask) as first, rasterio.open(scene) as second:
        assert first.crs == second.crs
        assert first.transform == second.transform
        assert first.shape == second.shape


def test_a_finished_demo_trains_nothing_again(out):
    checkpoints = {p: p.stat().st_mtime_ns for p in out.glob("seed3-*/*/runs/*/*/train/iter_*.pth")}
    assert len(checkpoints) >= 3
    before = json.loads((out / "summary.json").read_text())
    assert mmda(["demo", "--iterations", "60", "--seed", "3", "--out", str(out)]) == 0
    assert {p: p.stat().st_mtime_ns for p in checkpoints} == checkpoints
    assert json.loads((out / "summary.json").read_text()) == before


def test_too_few_iterations_are_refused(tmp_path, capsys):
    assert mmda(["demo", "--iterations", "10", "--out", str(tmp_path)]) == 2
    assert "at least 60" in capsys.readouterr().err


def test_the_chosen_run_is_named(monkeypatch, tmp_path):
    runs = {
        name: SimpleNamespace(checkpoint=Path(name), result=lambda: SCORES, folder=Path())
        for name in ("source_only", "adapted", "target_only")
    }
    compared = []

    def choose(checkpoints, options):
        compared.extend(checkpoints)
        why = "it has the highest nuclear_norm"
        return SimpleNamespace(checkpoint=Path("adapted"), why=why, write=lambda path: None)

    monkeypatch.setattr(summary, "select", choose)
    monkeypatch.setattr(summary, "train_seconds", lambda folder: 1.0)
    found = summary.summarise(runs, "buildings", 0, tmp_path)
    assert found["recommended"] == {"run": "adapted", "why": "it has the highest nuclear_norm"}
    assert compared == [Path("source_only"), Path("adapted")]  # the target's labels are no help
    assert format_table(found).endswith("without a target label: it has the highest nuclear_norm")
