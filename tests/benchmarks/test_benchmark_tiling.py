"""The tiling benchmark runs, and its tiles are those of the raster."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "tiling.py"


def test_last_line_is_json():
    command = [sys.executable, str(SCRIPT), "--size", "600", "--repeats", "1", "--workers", "2"]
    command += ["--layouts", "strip raw", "--strides", "512", "--peak-size", "600"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    retile = {"vs_gdal_retile_zstd", "vs_gdal_retile_png"}
    assert set(figures) == retile | {"vs_gdal_encoder", "vs_encoder", "peak_mib"}
    assert 0.02 < figures["vs_encoder"] < 20  # a sanity check: four tiles
    assert 0.02 < figures["vs_gdal_encoder"] < 20
    assert 50 < figures["peak_mib"] < 1000
    for name in retile:
        assert (figures[name] is not None) == (shutil.which("gdal_retile.py") is not None)
    assert "mmda x2" in done.stdout
    assert "0.3 m to 1 m, strip raw" in done.stdout
