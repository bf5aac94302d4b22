"""Files that one process writes at a time, and what killed processes have left of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mmda.utils.files import leftovers
from mmda.utils.locks import locked


@contextmanager
def claimed(files: Sequence[Path]) -> Iterator[None]:
    """Hold files for this process; remove the hidden files that killed ones have left of them.

    Args:
        files: The files of a map, the mask first.

    Raises:
        LockedError: When another process writes them.
    """
    first = files[0]
    with locked(first.with_name(f".{first.name}.lock"), holder="another prediction"):
        names = {path.name for path in files}
        for folder in {path.parent for path in files}:
            for leftover in [path for path, name in leftovers(folder) if name in names]:
                leftover.unlink(missing_ok=True)
        yield
