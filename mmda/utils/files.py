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
    temporary = Path(_temporary(final))
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
    """Write ``data`` to ``path`` atomically, as :func:`atomic_path` does, for many small files."""
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


def default_work_dir(config: str | os.PathLike[str]) -> Path:
    """Return ``work_dirs/`` and the config's path below ``configs``, or its name elsewhere.

    So ``toy/adapted.py`` and ``custom/adapted.py`` never share checkpoints.
    """
    parts = Path(config).with_suffix("").parts
    below = parts[parts.index("configs") + 1 :] if "configs" in parts else parts[-1:]
    return Path("work_dirs", *below)


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
