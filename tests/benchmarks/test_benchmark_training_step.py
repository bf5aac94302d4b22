"""The training-step benchmark runs, and both of its sides train the same network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "training_step.py"


def test_last_line_is_json_and_both_sides_agree():
    command = [sys.executable, str(SCRIPT), "--repeats", "3", "--block", "2"]
    command += ["--size", "32", "--batch", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    figures = json.loads(lines[-1])
    assert set(figures) == {
        "overhead_vs_bare_loop",
        "overhead_wall",
        "peak_memory_ratio",
        "parameter_difference",
    }
    assert figures["parameter_difference"] < 1e-5
    assert -0.9 < figures["overhead_vs_bare_loop"] < 5  # a sanity check: six tiny iterations
    assert 0.5 < figures["peak_memory_ratio"] < 2
    assert "bare loop" in lines[1]
    assert not any(line.startswith("{") for line in lines[:-1])
