"""Writing files so that an interruption leaves either the whole file or none."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmda.errors import DataError


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it onto ``path`` on success.

    The temporary name keeps the suffix, since GDAL and OpenCV choose the format by it, and is
    random, since processes on several machines may write the same file. On an exception (Ctrl-C
    too) the temporary file is removed; after a kill it stays as a hidden
    ``.<name>.tmp-<random><suffix>`` that nothing reads.

    Args:
        path: The final path; parent folders are made.

    Yields:
        The path to write to.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.stem}.tmp-{secrets.token_hex(4)}{final.suffix}")
    try:
        yield temporary
        os.replace(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` (UTF-8) to ``path`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def atomic_write_bytes(path: str | os.PathLike[str], data: bytes | memoryview) -> None:
    """Write ``data`` to ``path`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def ensure_free_space(folder: str | os.PathLike[str], needed_bytes: int) -> None:
    """Raise a :class:`DataError` when the disk of ``folder`` has too little room.

    Args:
        folder: The folder to be written to; it need not exist yet.
        needed_bytes: An upper estimate of what will be written, in bytes.
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
