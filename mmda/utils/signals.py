"""Ending a command when the system asks for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ends_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does: what is half-written is removed.

    Schedulers send it before they kill a job. The exit code is 143, as a shell gives it. In a
    thread other than the main one nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
