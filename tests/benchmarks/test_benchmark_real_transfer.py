"""The benchmark between real cities: its tiling, splits and figures, on generated samples."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def transfer(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "benchmarks"))
    return importlib.import_module("real_transfer")


@pytest.fixture
def samples(tmp_path):
    draw = np.random.default_rng(0)
    for name, number in (("gsi_japan_roads", 8), ("roads_la", 6)):
        for kind in ("images", "masks"):
            (tmp_path / name / kind).mkdir(parents=True)
        for index in range(number):
            image = draw.integers(0, 255, (500, 500, 3), dtype=np.uint8)
            road = draw.integers(0, 2, (500, 500), dtype=np.uint8)
            mask = road[..., None] * np.array([80, 120, 255], np.uint8)  # OpenCV's order
            cv2.imwrite(str(tmp_path / name / "images" / f"s{index}.png"), image)
            binary = name == "roads_la"
            path = tmp_path / name / "masks" / f"s{index}.png"
            cv2.imwrite(str(path), 255 * road if binary else mask)
    lines = [f"s{index},{'test' if index < 2 else 'train'}" for index in range(6)]
    (tmp_path / "roads_la" / "splits.csv").write_text("\n".join(["scene,split", *lines]) + "\n")
    return tmp_path


def test_tiles_and_plan(transfer, samples, tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--transfers", "japan2la", "--samples", str(samples), "--out", str(out)]
    assert transfer.main([*options, "--seeds", "0", "--rows", "strong", "--dry-run"]) == 0
    assert "strong/seed0" in capsys.readouterr().out
    source, target = (
        json.loads(next(out.glob(f"tiles/*-{role}-*/dataset.json")).read_text())
        for role in ("source", "target")
    )
    assert (source["gsd"], target["gsd"]) == (0.5, 0.5)
    record = json.loads((out / "japan2la" / "pair.json").read_text())
    assert record["classes"] == ["background", "road"]
    assert record["source"]["tiles"] == {"train": 7, "val": 1}
    assert record["target"]["tiles"]["test"] == 2


def test_splits_are_a_share_of_the_scenes(transfer, tmp_path):
    names = [f"scene{index}" for index in range(40)]
    transfer.write_splits(names, (0.1, 0.3), tmp_path / "splits.csv")
    lines = (tmp_path / "splits.csv").read_text().split()[1:]
    assert Counter(line.split(",")[1] for line in lines) == {"train": 24, "val": 4, "test": 12}
    transfer.write_splits(names[::-1], (0.1, 0.3), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "splits.csv").read_text()


def test_figures(transfer, tmp_path):
    (tmp_path / "table.csv").write_text(
        "row,title,task,metric,minus,mean,std,seeds,published\n"
        "a,A,,mIoU,,60.5,1.5,2,\n"
        "a,A,,mIoU,b,2.5,,1,\n"
        "c,C,,NAM,,,,0,\n"
    )
    assert transfer.figures(tmp_path) == {
        "a": {
            "mIoU": {"mean": 60.5, "std": 1.5, "seeds": 2},
            "mIoU - b": {"mean": 2.5, "std": None, "seeds": 1},
        },
        "c": {"NAM": {"mean": None, "std": None, "seeds": 0}},
    }
