"""A file backend whose writes are atomic."""

from __future__ import annotations

import os

from mmengine.fileio import LocalBackend, register_backend

from mmda.utils.files import atomic_path


@register_backend("atomic_local")
class AtomicLocalBackend(LocalBackend):
    """MMEngine's local backend, writing to a temporary file that is then renamed.

    A run that is killed while it saves a checkpoint keeps the previous one and no half of a new
    one.
    """

    def put(self, obj: bytes, filepath: str | os.PathLike[str]) -> None:
        """Write ``obj`` to ``filepath``, whole or not at all."""
        with atomic_path(filepath) as temporary:
            temporary.write_bytes(obj)
