"""Locks between the processes of one or several machines that share a disk, and between threads.

The operating system, or the server of a shared disk, ends a lock when the process that holds it
ends in whatever way: the files that a killed process leaves behind block nobody.
"""

from __future__ import annotations

import json
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from mmda.errors import DataError

_POLL = 0.01  # seconds between two attempts of a process that waits
_ATTEMPTS = 100  # at a folder that others remove as it is made


class LockedError(DataError):
    """Another process or thread holds a lock."""


@contextmanager
def locked(path: Path, *, wait: bool = False, holder: str = "another run") -> Iterator[None]:
    """Hold the lock of a folder, or warn where the disk knows no locks.

    A JSON file beside the lock's file tells who holds it (nobody else can read the lock's file on
    Windows). Both are removed at the end.

    Args:
        path: The lock's file, in the folder; a missing folder is made.
        wait: Wait until the lock is free instead of raising an error.
        holder: What the error calls the one that holds the lock.

    Raises:
        LockedError: When another process, or another thread of this one, holds the lock.
    """
    lock = FileLock(path, thread_local=False, fallback_to_soft=False, poll_interval=_POLL)
    state = path.with_suffix(".json")
    try:
        usable = _acquire(lock, path, wait)
    except Timeout:
        raise LockedError(
            f"`{path.parent}` is taken: {holder} is writing into it{_described(state)}. Two at "
            "once would spoil each other's files. Wait until it ends, or stop it, and run the same "
            "command again; or choose another output folder."
        ) from None
    if not usable:
        yield
        return
    try:
        with suppress(OSError):
            state.write_text(json.dumps(_this_process()), encoding="utf-8")
        yield
    finally:
        _remove(state)
        _remove(path)  # cannot be done before the release on Windows, which does it itself
        lock.release()


def _acquire(lock: FileLock, path: Path, wait: bool) -> bool:
    """Take a lock, or warn and return ``False`` where the disk knows no locks."""
    for attempts_left in reversed(range(_ATTEMPTS)):
        is_new = not path.exists()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=-1 if wait else 0)
            return True
        except Timeout:
            raise
        except OSError as error:
            # `mkdir` raises FileExistsError for a folder that goes before it looks what exists.
            if isinstance(error, (FileNotFoundError, FileExistsError)) and attempts_left:
                continue  # somebody removed the folder again
            if is_new:
                _remove(path)
            warnings.warn(
                f"Cannot lock `{path.parent}` ({error.strerror or error}): make sure that no other "
                "run writes into it.",
                stacklevel=4,
            )
            break
    return False


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _this_process() -> dict[str, str | int]:
    since = datetime.now().astimezone().isoformat(" ", timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _described(state: Path) -> str:
    try:
        found = json.loads(state.read_text(encoding="utf-8"))
        return f" (process {found['pid']} on `{found['host']}`, since {found['since']})"
    except (OSError, ValueError, KeyError):
        return ""
