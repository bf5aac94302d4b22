"""Work in forks of the tests' process, which has done the imports that take seconds."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

CONTEXT = multiprocessing.get_context("fork")


def fork(work: Callable, *args: Any) -> BaseProcess:
    """Start ``work(*args)`` in a fork, and return it: what it changes stays in it."""
    process = CONTEXT.Process(target=work, args=args)
    process.start()
    return process


def in_fork(work: Callable, *args: Any) -> int:
    """Call ``work(*args)`` in a fork, wait for it and return its exit code.

    0 when it returned, 1 when it raised an error, the negative signal when it was killed.
    """
    process = fork(work, *args)
    process.join()
    return process.exitcode
