"""One run at a time in the folder of a tiled dataset, but for the shards of one run.

A run holds ``OUT/.run.lock``, a shard ``OUT/.run-I-of-N.lock``. These locks are looked for and
taken under ``OUT/.gate.lock`` alone, so no two runs can do so at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

from mmda.utils.locks import LockedError, locked
from mmda.utils.shards import Shard

_NAME = re.compile(r"\.run(?:-(\d+)-of-(\d+))?\.lock")


@contextmanager
def hold_folder(
    root: Path, shard: Shard | None = None
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Hold the folder of a tiled dataset for one run.

    Folders that it has to make are removed again when the run leaves them empty. Workers of a Dask
    cluster take no lock: the run that they work for holds it.

    Args:
        root: Folder of the tiled dataset.
        shard: The share of the scenes that the run tiles; all when ``None``.

    Yields:
        A function whose ``with`` statement makes the other shards wait: for what all of them read
        and write, and for short.

    Raises:
        LockedError: At once, when another run that must not work beside this one holds the folder.
    """
    gate = partial(locked, root / ".gate.lock", wait=True)
    with _new_folders_removed_if_empty(root), ExitStack() as held:
        with gate():
            for path in sorted(root.glob(".run*.lock")):
                _remove_or_refuse(path, shard)
            held.enter_context(locked(root / _lock_name(shard)))
        yield gate if shard else nullcontext


def _lock_name(shard: Shard | None) -> str:
    return ".run.lock" if shard is None else f".run-{shard.index}-of-{shard.count}.lock"


def _remove_or_refuse(path: Path, shard: Shard | None) -> None:
    """Remove a lock that a killed run left; raise an error if its run excludes this one."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return
    other = Shard(int(match[1]), int(match[2])) if match[1] else None
    name = "another run" if other is None else f"shard {other.index}/{other.count} of a run"
    try:
        with locked(path, holder=name):
            pass  # its end removes the file
    except LockedError:
        beside = shard and other and shard.count == other.count and shard.index != other.index
        if not beside:
            raise


@contextmanager
def _new_folders_removed_if_empty(root: Path) -> Iterator[None]:
    missing = [path for path in (root, *root.parents) if not path.exists()]
    try:
        yield
    finally:
        with suppress(OSError):  # the first one that is not empty ends it
            for path in missing:
                path.rmdir()
