from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mmda.cli.toy_cities import main
from mmda.errors import ConfigError

SMALL = ["--scenes-train", "1", "--scenes-val", "0", "--scenes-test", "1", "--size", "96"]


def test_command_writes_what_it_was_told(tmp_path, capsys):
    argv = [str(tmp_path), "--preset", "mild", "--seed", "3", *SMALL]
    assert main([*argv, "--set", "gsd_ratio=1.5", "--set", "haze=0.3", "--workers", "1"]) == 0
    record = json.loads((tmp_path / "toy.json").read_text())
    assert record["seed"] == 3
    assert record["size"] == 96
    assert record["shift"]["gsd_ratio"] == 1.5
    assert record["shift"]["haze"] == 0.3
    assert "1 train, 0 val, 1 test" in capsys.readouterr().out


def test_unknown_names(tmp_path):
    with pytest.raises(ConfigError, match="Did you mean `hard`"):
        main([str(tmp_path), "--preset", "hrad"])
    with pytest.raises(ConfigError, match="Did you mean `season`"):
        main([str(tmp_path), "--set", "saeson=1"])


def test_help_lists_the_shift_parameters(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "building_size" in capsys.readouterr().out


def test_no_torch_is_imported():
    code = "import sys, mmda.cli.toy_cities; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
