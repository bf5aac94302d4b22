"""`mmda` itself: its help, its version, and commands that it has not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mmda
from mmda.cli import main
from mmda.cli.overview import COMMANDS, TASKS

# What a command is not: parts that several share.
PARTS = {
    "__init__", "dataclass_arguments", "memory_table", "options", "overview", "tiling_summary",
    "toy_cities",
}  # fmt: skip


def test_help_lists_every_command_once_under_its_task(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for task, commands in TASKS.items():
        block = text.partition(f"\n{task}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in block.splitlines()] == list(commands)
    assert sum(map(len, TASKS.values())) == len(COMMANDS)
    assert max(map(len, text.splitlines())) <= 100


def test_every_command_has_a_module_and_every_module_a_command():
    modules = {path.stem for path in Path(mmda.__file__).parent.glob("cli/*.py")} - PARTS
    assert {name.replace("-", "_") for name in COMMANDS} == modules


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mmda {mmda.__version__}\n"


def test_without_a_command_the_help_goes_to_standard_error(capsys):
    assert main([]) == 2
    out, error = capsys.readouterr()
    assert not out and error.startswith("usage: mmda COMMAND ...")


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("trian", " Did you mean `train`?"),
        ("adapt_bn", " Did you mean `adapt-bn`?"),
        ("--versoin", " Did you mean `--version`?"),
        ("xyz", ""),
    ],
)
def test_an_unknown_command(given, near, capsys):
    assert main([given]) == 2
    expected = f"error: mmda has no command `{given}`.{near} `mmda --help` lists all.\n"
    assert capsys.readouterr().err == expected


def test_the_start_imports_neither_packages_nor_what_other_commands_need():
    heavy = ["argparse", "mmengine", "numpy", "rasterio", "shtab", "torch"]
    code = "import sys, mmda.cli; mmda.cli.main(['--version']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(heavy) & set(done.stdout.split())
