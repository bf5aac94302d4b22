"""The report: one file, complete, offline, and right in its figures."""

from __future__ import annotations

import importlib
import re

import pytest
from report_samples import full_report, run

from mmda.errors import ConfigError
from mmda.report import Report, write_report
from mmda.report.page import SECTIONS, _scale
from mmda.report.table import run_rows


def read(path, report):
    return write_report(path, report).read_text("utf-8")


def test_holds_every_part_and_nothing_from_outside(tmp_path):
    page = read(tmp_path / "deep" / "r.html", full_report())
    text = re.sub(r"\s+", " ", page)
    for expected in (
        "A &lt;to&gt; B", "Task: building", "60.0 <small>% NAM", "55.0 to 66.6", "+24.0 points",
        "64.0 <small>mIoU", "mIoU 12.3", "<dd>1, 2</dd>", "22.5", "#dc3c32",
        "source only: calibration error 30.0 %", "adapted: calibration error 4.1 %",
    ):  # fmt: skip
        assert expected in text, expected
    assert [one for one in SECTIONS if f'<section id="{one}">' not in page] == []
    loads = re.findall(r'(?:src|href)="(?!data:|#)([^"]+)"|url\((?!#)|@import|<link', page)
    assert loads == []
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert "#010203" not in page


def test_each_picture_is_stored_once(tmp_path):
    report = full_report()
    page = read(tmp_path / "r.html", report)
    assert page.count("data:image/webp;base64,") == len(report.gallery.pictures) == 4
    assert page.count('href="#p0"') == 6  # the image, in every view


def test_equal_input_gives_equal_bytes(tmp_path):
    assert read(tmp_path / "a.html", full_report()) == read(tmp_path / "b.html", full_report())


def test_parts_may_be_missing(tmp_path):
    rows = run_rows({"runs": {"adapted": run(50.0), "other_run": {"miou": None}}})
    page = read(tmp_path / "r.html", Report(title="t", rows=rows))
    assert re.findall('<section id="(.*?)">', page) == ["results"]
    assert "other run" in page
    assert "% NAM" not in page
    assert "None" not in page
    assert "nan" not in page
    with pytest.raises(ConfigError, match="no runs"):
        run_rows({})


def test_the_axis_holds_every_run():
    runs = {"source_only": run(40.0), "adapted": run(64.0), "target_only": run(80.0)}
    scale = _scale(run_rows({"runs": runs}))
    assert (scale["low"], scale["high"]) == (40, 90)
    assert scale["places"] == {"source_only": 0, "adapted": 48, "target_only": 80}


@pytest.mark.parametrize("library", ["matplotlib", "jinja2"])
def test_a_missing_library_names_the_extra(tmp_path, monkeypatch, library):
    original = importlib.import_module

    def without(name):
        if name.split(".")[0] == library:
            raise ImportError(f"No module named '{name}'")
        return original(name)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ConfigError, match=rf"{library}.*pip install 'mmda-rs\[report\]'"):
        write_report(tmp_path / "r.html", full_report())
    assert not (tmp_path / "r.html").exists()
