"""The benchmark of vectorising runs; both sides find all polygons."""

from __future__ import annotations

import json

from scripts import run


def test_last_line_is_json():
    lines = run("vectorise.py", "--size", "150", "--buildings", "25", "--repeats", "1", "--large")
    figures = json.loads(lines[-1])
    names = {
        f"{name}{side}{size}"
        for name in ("mpx_per_s", "mpx_per_cpu_s", "peak_mib")
        for side in ("", "_whole")
        for size in ("", "_large")
    }
    assert set(figures) == names
    assert all(value >= 0 for value in figures.values())
    assert "150 x 150, 25" in "\n".join(lines) and "300 x 300, 100" in "\n".join(lines)
