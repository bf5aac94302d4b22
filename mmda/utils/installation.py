"""A clear word where installed packages overwrite each other, and quiet imports."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import PackageNotFoundError, distribution

from mmda.errors import MMDAError

DISTRIBUTION = "mmda-rs"  # what pip calls this package
NAMESAKE = "mmda"  # another project's distribution, whose package is called `mmda`, too
NAMESAKE_FILE = "mmda/__init__.py"
FORKS = {
    "mmsegmentation": "onedl-mmsegmentation",
    "mmengine": "onedl-mmengine",
    "mmcv": "onedl-mmcv",
    "mmcv-lite": "onedl-mmcv",
}


class InstallationError(MMDAError, ImportError):
    """Packages that overwrite each other."""


def check_installation() -> None:
    """Raise an :class:`InstallationError` when two installed packages have one import name.

    What is imported would be a mixture of both. These are the original of a fork that mmda stands
    on, and the other project that is called mmda.
    """
    if _holds_namesake_file():
        raise InstallationError(
            f"The distribution `{NAMESAKE}` of another project is installed. Its package is called "
            f"`mmda` as that of `{DISTRIBUTION}` is, and they overwrite each other. Run `pip "
            f"uninstall -y {NAMESAKE} {DISTRIBUTION}` and then install {DISTRIBUTION} again."
        )
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


def install_extra(extra: str) -> str:
    """Return the command that installs an optional part of mmda, as it stands in messages."""
    return f"`pip install '{DISTRIBUTION}[{extra}]'`"


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _holds_namesake_file() -> bool:
    try:
        return any(str(file) == NAMESAKE_FILE for file in distribution(NAMESAKE).files or ())
    except PackageNotFoundError:
        return False
