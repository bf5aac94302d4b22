"""A report on work dirs, with models whose weights are random."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from core_samples import SOURCE_ONLY
from mmengine.registry import init_default_scope

from mmda.cli import main
from mmda.engine.launch import load_config
from mmda.registry import MODELS
from mmda.reporting import ReportOptions, report_on

METHODS = """
model["alignments"] = dict(
    cdga=dict(
        type="GroupAlignment", num_classes=2, input_scale=0.5,
        discriminator=dict(channels=4, num_layers=3)),
    aim=dict(type="AIM", num_classes=2, in_channels=8, index=0, things=(0, 1)),
)
"""


@pytest.fixture
def work_dir(write_config, tmp_path):
    """Return a function that leaves a work dir as a training does, without training."""

    def make(name, text):
        folder: Path = tmp_path / name
        folder.mkdir()
        config = load_config(write_config(text, name=f"{name}.py"))
        (folder / "1" / "vis_data").mkdir(parents=True)
        config.dump(str(folder / "config.py"))
        init_default_scope("mmda")
        torch.manual_seed(1)
        model = MODELS.build(config.model)
        torch.save({"state_dict": model.state_dict(), "meta": {}}, folder / "iter_6.pth")
        return folder

    return make


def sections(path):
    return re.findall('<section id="(.*?)">', path.read_text("utf-8"))


def test_methods_show_groups_and_matched_instances(work_dir, tmp_path, capsys):
    folders = [work_dir("plain", SOURCE_ONLY), work_dir("adapted", METHODS)]
    arguments = [*map(str, folders), "--points", "20", "--device", "cpu"]
    assert main(["report", *arguments, "--out", str(tmp_path / "r.html")]) == 0
    found = sections(tmp_path / "r.html")
    assert {"swipe", "errors", "tiles", "confusion", "planes", "groups", "matches"} <= set(found)
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "plain (source only)" in page
    told = capsys.readouterr().out
    assert "not in the report: Losses. logs of a training" in told
    assert "mmda select" in told
    # The first work dir has no test: its scores are those of all test tiles.
    assert re.search(r"<td>\d+\.\d</td><td>\d+\.\d to \d+\.\d</td>", page)


def test_what_cannot_be_shown_is_told(work_dir, tmp_path):
    folder = work_dir("plain", SOURCE_ONLY)
    (folder / "iter_6.pth").write_bytes(b"damaged")
    report = report_on([folder], ReportOptions(progress=False), device="cpu")
    assert "iter_6.pth" in report.missing["Maps of plain (source only)"]
    text = (folder / "config.py").read_text("utf-8").replace("/buildings/target", "/gone")
    (folder / "config.py").write_text(text)
    work_dir("other", SOURCE_ONLY)
    (folder / "iter_6.pth").write_bytes((tmp_path / "other" / "iter_6.pth").read_bytes())
    report = report_on([folder], ReportOptions(progress=False), device="cpu")
    (maps,) = (how for part, how in report.missing.items() if part.startswith("Maps, errors"))
    assert "test_dataloader.dataset.data_root" in maps


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--tiles", "1"], "`tiles` must be 2 or more"),
        (["--task", "roads"], "no such task"),
        (["--adapted", "nobody"], "no such run; there are plain"),
    ],
)
def test_faulty_options(work_dir, capsys, given, message):
    assert main(["report", str(work_dir("plain", SOURCE_ONLY)), *given]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_that_is_not_there(tmp_path, capsys):
    assert main(["report", str(tmp_path / "none")]) == 2
    assert "does not exist" in capsys.readouterr().err
