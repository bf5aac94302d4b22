"""The benchmark of pseudo-labelling runs and ends with its figures."""

from __future__ import annotations

import json

from scripts import run


def test_last_line_is_json():
    sizes = ["--tiles", "3", "20", "--size", "32", "--share-tiles", "3", "--share-size", "32"]
    lines = run("pseudo_label.py", *sizes, "--batch", "2")
    figures = json.loads(lines[-1])
    assert set(figures) == {"peak_mib_10", "peak_mib_1000", "forward_share"}
    assert 0 < figures["forward_share"] < 1
    assert figures["peak_mib_10"] > 0  # resident memory depends on the machine's load
    assert figures["peak_mib_1000"] > 0
    assert "DeepLab-v2" in lines[3]
