"""``mmda pseudo_label`` as a user types it."""

from __future__ import annotations

import shutil

import pytest
import torch
from core_samples import SOURCE_ONLY
from pseudo_samples import digests, model_and_target

from mmda.cli import main
from mmda.raster.dataset.manifest import read_manifest


@pytest.fixture
def typed(write_config, tmp_path, capsys):
    """Return a function that runs the command and returns its exit code and what it printed."""
    config, checkpoint = write_config(), tmp_path / "model.pth"
    torch.save(model_and_target(config)[0].state_dict(), checkpoint)

    def run(*options: str, config: str = config) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["pseudo_label", config, str(checkpoint), "--device", "cpu", *options])
        return code, *capsys.readouterr()

    return run


def test_it_labels_the_target_and_reports_accuracies(typed, tmp_path):
    out = tmp_path / "out"
    code, text, progress = typed("--out", str(out), "--thresholds", "portion:0.2")
    assert code == 0
    lines = text.splitlines()
    header = next(line for line in lines if "threshold" in line)
    assert "right of kept (%)" in header
    row = next(line for line in lines if "building" in line and "|" in line)
    kept, *accuracies = (float(cell) for cell in row.split("|")[4:-1])
    assert 20 <= kept < 25
    assert all(0 <= value <= 100 for value in accuracies)
    assert "labels of 4 tiles, thresholds portion:0.2, 2" in lines[-1]
    assert "predicted 4 tiles" in lines[-1]
    assert "pseudo-labels: predicting" in progress
    first = digests(out)
    assert "predicted 0 tiles" in typed("--out", str(out), "--thresholds", "portion:0.2")[1]
    assert digests(out) == first


def test_another_split_and_a_config_without_target(typed, write_config, tmp_path, toy_root):
    target = str(toy_root / "buildings/target")
    config = write_config(SOURCE_ONLY, name="source_only.py")
    code, _, error = typed("--out", str(tmp_path / "out"), config=config)
    assert code == 2
    assert "has no target dataset. Name one with --data." in error
    options = ["--data", target, "--split", "val"]
    assert typed("--out", str(tmp_path / "out"), *options, config=config)[0] == 0
    assert {row["split"] for row in read_manifest(tmp_path / "out")} == {"val"}


def test_a_target_without_labels_is_labelled_just_as_one_with(typed, tmp_path, toy_root):
    """Neither labels nor thresholds depend on the true labels: without them all is the same."""
    bare = tmp_path / "bare"
    shutil.copytree(toy_root / "buildings/target", bare)
    for label in bare.glob("*/labels/*"):
        label.unlink()
    from mmda.raster.dataset.manifest import write_manifest

    rows = read_manifest(bare)
    write_manifest(bare, [{**row, "label": None, "class_pixels": None} for row in rows])
    assert typed("--out", str(tmp_path / "with"))[0] == 0
    code, text, _ = typed("--out", str(tmp_path / "without"), "--data", str(bare))
    assert code == 0
    assert "right" not in text
    one, other = (digests(tmp_path / name / "labels") for name in ("with", "without"))
    assert one == other


def test_wrong_input_is_refused_in_one_line(typed, tmp_path, toy_root):
    for options, message in (
        (["--out", str(tmp_path / "o"), "--thresholds", "best"], "Unknown thresholds `best`"),
        (["--out", str(tmp_path / "o"), "--split", "dev"], "has no tiles in split `dev`"),
        (["--out", str(tmp_path / "o"), "--batch-size", "0"], "batch size of 1 or more"),
        (["--out", str(toy_root / "buildings/target")], "Choose another folder"),
    ):
        code, _, error = typed(*options)
        assert (code, error.count("error: ")) == (2, 1)
        assert message in error
