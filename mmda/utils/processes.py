"""Processes that belong to others."""

from __future__ import annotations

import os
import threading
import time


def end_with_parent(parent: int, seconds: float = 1.0) -> None:
    """End this process when its parent is gone, even by kill -9.

    Otherwise a command that is killed and started again would have two workers in one folder.

    Args:
        parent: The parent's process id, from itself: it may be gone already.
        seconds: Time between two looks.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(seconds)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
