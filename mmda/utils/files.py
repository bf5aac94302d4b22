"""Writing files such that an interruption leaves either the whole file or none."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError, DataError

_TEMPORARY = re.compile(r"\.(?P<stem>.+)\.tmp-[^.]*(?P<suffix>\.[^.]*)?")


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it onto ``path`` on success.

    The temporary name has the same suffix, by which GDAL and OpenCV choose the format, and a random
    part, as processes on several machines may write the same file. After an exception (or Ctrl-C)
    the temporary file is removed. If the process is killed, it stays as a hidden file
    ``.<name>.tmp-<random><suffix>``, which is never read.

    Args:
        path: The final path; parent folders are created.

    Yields:
        The path to write to.
    """
    with scratch_path(path) as temporary:
        yield temporary
        os.replace(temporary, path)


@contextmanager
def scratch_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path as :func:`atomic_path` does; the file is removed at the end."""
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(_temporary(final))
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` (UTF-8) to ``path`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def atomic_write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write ``content`` as indented JSON atomically; a file that holds it already is left alone."""
    text = json.dumps(content, indent=1)
    if not os.path.exists(path) or Path(path).read_bytes() != text.encode():
        atomic_write_text(path, text)


def leftovers(folder: Path) -> Iterator[tuple[Path, str]]:
    """Find the temporary files of killed processes; yield path and name of the final file."""
    for path in folder.glob(".*.tmp-*"):
        if match := _TEMPORARY.fullmatch(path.name):
            yield path, match["stem"] + (match["suffix"] or "")


def atomic_write_bytes(path: str | os.PathLike[str], data: bytes | memoryview) -> None:
    """Write ``data`` to ``path`` atomically; faster than :func:`atomic_path` for small files."""
    temporary = _temporary(path)
    try:
        try:
            _write(temporary, data)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(temporary), exist_ok=True)
            _write(temporary, data)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _write(path: str, data: bytes | memoryview) -> None:
    with open(path, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]


def _temporary(path: str | os.PathLike[str]) -> str:
    """Return a hidden, random name beside ``path``, with its suffix."""
    folder, name = os.path.split(path)
    stem, suffix = os.path.splitext(name)
    return os.path.join(folder, f".{stem}.tmp-{secrets.token_hex(4)}{suffix}")


def check_new_file(path: str | os.PathLike[str]) -> None:
    """Raise a :class:`ConfigError` unless a file is new and can be written; leave nothing behind.

    Args:
        path: The file; its folder need not exist yet.
    """
    if os.path.lexists(path):
        raise ConfigError(f"`{path}` exists. Remove it, or give another name.")
    check_writable(path)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise a :class:`ConfigError` unless a file can be written; leave nothing behind.

    Args:
        path: The file; its folder need not exist yet.
    """
    try:
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        existing = Path(path).absolute().parent
        while not existing.exists():
            existing = existing.parent
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise ConfigError(
            f"`{path}` cannot be written ({error.strerror}). Give a file in a folder that you may "
            "write to."
        ) from error


def ensure_free_space(folder: str | os.PathLike[str], needed_bytes: int) -> None:
    """Raise a :class:`DataError` when the disk of ``folder`` has too little free space.

    Args:
        folder: The folder in which files will be written; it need not exist yet.
        needed_bytes: An upper estimate of the files' size, in bytes.
    """
    existing = Path(folder).absolute()
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < needed_bytes:
        raise DataError(
            f"Not enough disk space in `{folder}`: about {needed_bytes / 2**20:.0f} MiB are "
            f"needed, {free / 2**20:.0f} MiB are free. Free some space or choose another output "
            "folder."
        )
