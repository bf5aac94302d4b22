"""A file backend whose writes are atomic."""

from __future__ import annotations

import os

from mmengine.fileio import LocalBackend, register_backend

from mmda.utils.files import atomic_path


@register_backend("atomic_local")
class AtomicLocalBackend(LocalBackend):
    """MMEngine's local backend, writing to a temporary file that is then renamed.

    So a run that is killed while it saves a checkpoint still has the previous one, and no
    incomplete new one.
    """

    def put(self, obj: bytes, filepath: str | os.PathLike[str]) -> None:
        """Write ``obj`` to ``filepath``, whole or not at all."""
        with atomic_path(filepath) as temporary:
            temporary.write_bytes(obj)
