"""The errors that mmda raises for input it cannot work with."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MMDAError(Exception):
    """Base of every error that the user can correct.

    The command line prints the message alone, without a traceback, and exits with
    ``exit_code``. The message names the file, the value found, what was expected and
    what to do.
    """

    exit_code = 2


class DataError(MMDAError):
    """A raster, label, vector file, manifest or folder that does not fit."""


class ConfigError(MMDAError):
    """A config, option or checkpoint that does not fit."""


def check_choice(what: str, name: str, choices: Iterable[str], where: str = "") -> None:
    """Raise a :class:`ConfigError` when a name is none of the choices.

    Args:
        what: What the name is of, such as ``method``.
        name: The name.
        choices: The names that exist.
        where: What has the choice, such as ``MatchTile``; it begins the message.
    """
    names = [str(choice) for choice in choices]
    if name not in names:
        start = f"{where}: unknown" if where else "Unknown"
        raise ConfigError(
            f"{start} {what} `{name}`; expected one of {', '.join(names)}."
            + did_you_mean(name, names)
        )


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return ``' Did you mean `x`?'`` for the nearest choice, or an empty string.

    Args:
        name: The name that was not found.
        choices: The names that exist.

    Returns:
        A sentence to append to an error message, with a leading space.
    """
    near = difflib.get_close_matches(name, [str(choice) for choice in choices], n=1, cutoff=0.5)
    return f" Did you mean `{near[0]}`?" if near else ""
