"""The training-step benchmark runs, and both of its sides train the same network."""

from __future__ import annotations

import json

from scripts import run


def test_last_line_is_json_and_both_sides_agree():
    sizes = ["--repeats", "3", "--block", "2", "--size", "32", "--batch", "1"]
    lines = run("training_step.py", *sizes)
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
