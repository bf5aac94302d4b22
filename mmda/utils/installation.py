"""A clear word where two editions of MMSegmentation are installed, and quiet imports."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import PackageNotFoundError, version

from mmda.errors import MMDAError

FORKS = {
    "mmsegmentation": "onedl-mmsegmentation",
    "mmengine": "onedl-mmengine",
    "mmcv": "onedl-mmcv",
    "mmcv-lite": "onedl-mmcv",
}


class InstallationError(MMDAError, ImportError):
    """Packages that overwrite each other."""


def check_installation() -> None:
    """Raise an :class:`InstallationError` when an original package stands beside its fork.

    Both write to the same import name, so what is imported would be a mixture.
    """
    clashes = [
        (name, fork) for name, fork in FORKS.items() if _installed(name) and _installed(fork)
    ]
    if clashes:
        names = " ".join(dict.fromkeys(name for name, _ in clashes))
        forks = " ".join(dict.fromkeys(fork for _, fork in clashes))
        raise InstallationError(
            f"`{names}` and the maintained `{forks}` are both installed and overwrite each other. "
            f"Run `pip uninstall -y {names} {forks}` and then `pip install {forks}`."
        )


@contextmanager
def quiet_imports() -> Iterator[None]:
    """Hide what MMCV and MMSegmentation say on import about optional parts that mmda lacks."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True
