"""One run at a time in the folder of a tiled dataset, but for the shards of one run.

A run holds ``OUT/.run.lock``, a shard ``OUT/.run-I-of-N.lock``, both by ``flock``: the kernel, or
the server of a shared disk, lets go of it when the process ends in whatever way. A file that a
killed run left therefore blocks nobody; the next run removes it. Locks are looked for and taken
under ``OUT/.gate.lock`` alone, so no two runs can do so at once.
"""

from __future__ import annotations

import json
import os
import re
import socket
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

from mmda.errors import DataError
from mmda.raster.tiling.shard import Shard

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_NAME = re.compile(r"\.run(?:-(\d+)-of-(\d+))?\.lock")


class RunLock:
    """Holds the folder of a tiled dataset for one run; for use in a ``with`` statement.

    Folders that it has to make are removed again when the run leaves them empty. Where the disk
    knows no locks, it warns and lets the run go on. Workers of a Dask cluster take no lock: the
    run that they work for holds it.

    Args:
        root: Folder of the tiled dataset.
        shard: The share of the scenes that the run tiles; all when ``None``.
    """

    def __init__(self, root: Path, shard: Shard | None = None) -> None:
        self._root, self._shard = root, shard
        name = ".run.lock" if shard is None else f".run-{shard.index}-of-{shard.count}.lock"
        self._path = root / name
        self._open = ExitStack()
        self._usable = True

    def __enter__(self) -> RunLock:
        """Take the lock.

        Raises:
            DataError: At once, when another run that must not work beside this one holds the
                folder.
        """
        try:
            self._acquire()
        except OSError as error:
            self._open.close()
            self._usable = False
            warnings.warn(
                f"Cannot lock `{self._root}` ({error.strerror or error}): make sure that no other "
                "run writes into it.",
                stacklevel=2,
            )
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the other shards up: for what all of them read and write, and for short."""
        if self._shard is None or not self._usable:
            yield
            return
        with _gate(self._root):
            yield

    def _acquire(self) -> None:
        made = [path for path in (self._root, *self._root.parents) if not path.exists()]
        self._open.callback(_remove_empty, made)
        self._root.mkdir(parents=True, exist_ok=True)
        with _gate(self._root):
            for path in sorted(self._root.glob(".run*.lock")):
                held = _is_held(path)
                if held and self._excludes(path):
                    raise DataError(_busy(self._root, path))
                if not held:
                    path.unlink(missing_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            self._open.callback(os.close, file)
            _flock(file)
            self._open.callback(self._path.unlink, missing_ok=True)
            os.write(file, json.dumps(_holder()).encode())

    def _excludes(self, path: Path) -> bool:
        """Tell whether the holder of a lock must not work beside this run."""
        match = _NAME.fullmatch(path.name)
        if match is None or match[1] is None or self._shard is None:
            return match is not None
        return int(match[2]) != self._shard.count or int(match[1]) == self._shard.index


@contextmanager
def _gate(root: Path) -> Iterator[None]:
    """Wait for the lock of the folder's locks, and hold it."""
    path = root / ".gate.lock"
    while True:
        root.mkdir(parents=True, exist_ok=True)  # its maker may have removed it
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue
        try:
            _flock(file, wait=True)
            if not _is_file(path, file):  # removed while this waited
                continue
            yield
            return
        finally:
            if _is_file(path, file):
                path.unlink()
            os.close(file)


def _is_held(path: Path) -> bool:
    """Tell whether a living process has locked a file."""
    with suppress(FileNotFoundError):
        file = os.open(path, os.O_RDWR)
        try:
            _flock(file)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
    return False


def _flock(file: int, wait: bool = False) -> None:
    """Lock an open file, or raise a ``BlockingIOError`` where somebody has."""
    if fcntl is None:
        raise OSError("this system has no flock")
    fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _is_file(path: Path, file: int) -> bool:
    """Tell whether an open file still goes by this path."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(path), os.fstat(file))
    return False


def _holder() -> dict[str, str | int]:
    since = datetime.now().astimezone().isoformat(" ", timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _busy(root: Path, path: Path) -> str:
    """Return the message that tells who holds the folder."""
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = f"process {holder['pid']} on `{holder['host']}`, since {holder['since']}"
    except (OSError, ValueError, KeyError):
        who = f"see `{path}`"
    match = _NAME.fullmatch(path.name)
    part = f"shard {match[1]}/{match[2]} of a run" if match and match[1] else "another run"
    return (
        f"`{root}` is taken: {part} is writing into it ({who}). Two at once would spoil each "
        "other's tiles. Wait until it ends, or stop it, and run the same command again; or choose "
        "another output folder."
    )


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders, the deepest first, as far as they are empty."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()
