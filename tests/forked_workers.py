"""Workers of the scheduler as forks of the tests' process, which has done the slow imports."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import IO, ClassVar

import torch._dynamo  # every optimiser imports it  # noqa: F401

from mmda.ablation import worker


class ForkedWorker:
    """What the scheduler uses of ``subprocess.Popen``.

    Attributes:
        started: All workers, the newest last.
    """

    started: ClassVar[list[ForkedWorker]] = []

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], stdout: IO[bytes], **_: object
    ) -> None:
        start = multiprocessing.get_context("fork").Process
        self.process = start(target=_work, args=(command[-2:], env, stdout.fileno()))
        self.process.start()
        self.pid = self.process.pid
        self.started.append(self)

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self.process.join(timeout)
        return self.process.exitcode


def _work(arguments: Sequence[str], env: Mapping[str, str], output: int) -> None:
    os.setsid()
    os.dup2(output, 1), os.dup2(output, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    os.environ.update(env)
    sys.exit(worker._main(arguments))


FORKS = SimpleNamespace(
    Popen=ForkedWorker, DEVNULL=subprocess.DEVNULL, STDOUT=subprocess.STDOUT,
    TimeoutExpired=subprocess.TimeoutExpired,
)  # fmt: skip
"""In place of the module ``subprocess`` in the scheduler."""
