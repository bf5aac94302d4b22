"""Benchmark scripts in forks of the tests' process, which has done the imports that take seconds.

A script may start itself again with ``subprocess.run``: that is a fork, too.
"""

from __future__ import annotations

import multiprocessing
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch._dynamo  # every optimiser imports it  # noqa: F401

import mmda.engine.launch  # noqa: F401

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def run(name: str, *arguments: str) -> list[str]:
    """Run ``benchmarks/NAME`` and return the lines of its standard output.

    Raises:
        AssertionError: When it fails.
    """
    done = fork([sys.executable, str(BENCHMARKS / name), *arguments])
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def fork(command: Sequence[str], check: bool = False, **_: Any) -> subprocess.CompletedProcess:
    """Do what ``subprocess.run`` does with a Python script's command, its output captured."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder) / name for name in ("stdout", "stderr")]
        start = multiprocessing.get_context("fork").Process
        process = start(target=_main, args=(command[1:], *outputs))
        process.start()
        process.join()
        texts = [path.read_text() for path in outputs]
    done = subprocess.CompletedProcess(command, process.exitcode, *texts)
    if check:
        done.check_returncode()
    return done


def _main(arguments: Sequence[str], stdout: Path, stderr: Path) -> None:
    sys.stdout, sys.stderr = stdout.open("w"), stderr.open("w")
    warnings.resetwarnings()  # a script of its own knows nothing of pytest's filters
    sys.argv = list(arguments)
    sys.path.insert(0, str(Path(arguments[0]).parent))
    subprocess.run = fork  # type: ignore[assignment]
    runpy.run_path(arguments[0], run_name="__main__")
