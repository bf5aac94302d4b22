"""The benchmark of pseudo-labelling runs and ends with its figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "pseudo_label.py"


@pytest.mark.slow
def test_last_line_is_json():
    command = [sys.executable, str(SCRIPT), "--tiles", "3", "20", "--size", "32"]
    command += ["--share-tiles", "3", "--share-size", "32", "--batch", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    figures = json.loads(lines[-1])
    assert set(figures) == {"peak_mib_10", "peak_mib_1000", "forward_share"}
    assert 0 < figures["forward_share"] < 1
    assert figures["peak_mib_1000"] < 1.1 * figures["peak_mib_10"]
    assert "DeepLab-v2" in lines[3]
