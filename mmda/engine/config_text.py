"""The text of a config in logs and checkpoints, which yapf formats for MMEngine."""

from __future__ import annotations

import sys
import tempfile

import platformdirs


def import_formatter() -> None:
    """Import yapf without the user's cache of Python's grammar, which yapf reads as it is imported.

    On a new machine the first process writes that cache, and a process that starts at the same time
    can read it half-written; what a killed process leaves there stops every later one. To make the
    grammar anew takes some 40 ms.
    """
    if "yapf.yapflib.yapf_api" in sys.modules:
        return
    cache_dir = platformdirs.user_cache_dir
    with tempfile.TemporaryDirectory() as empty:
        platformdirs.user_cache_dir = lambda *_, **__: empty
        try:
            import yapf.yapflib.yapf_api  # noqa: F401
        finally:
            platformdirs.user_cache_dir = cache_dir
