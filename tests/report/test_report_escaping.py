"""Names in a report or picture are text, whatever they hold."""

from __future__ import annotations

import pytest
from html_elements import NAMES, check_page
from raster_samples import make_scenes, tile
from report_samples import full_report

from mmda.report import write_report
from mmda.report.preview import write_preview


def report(path, name):
    return write_report(path, full_report(name, title=name)).read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_report(tmp_path, name):
    check_page(report(tmp_path / "r.html", name), report(tmp_path / "p.html", "plain"), name)


def test_the_preview(tmp_path):
    names = (*NAMES, "$x", r"$\frac$", "100 % \\ _x")
    tile(make_scenes(tmp_path, count=3), tmp_path / "o", classes=names)
    assert write_preview(tmp_path / "o").stat().st_size > 0
