"""Checks of the entries of a table's description."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from mmda.errors import ConfigError, did_you_mean

NAME = re.compile(r"\w[\w.+-]*")


def check_keys(values: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Raise a :class:`ConfigError` for the first key that is not known."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where}: expected dict(...), but got `{values}`.")
    for key in values:
        if key not in known:
            hint = did_you_mean(key, known) or f" Expected one of {', '.join(sorted(known))}."
            raise ConfigError(f"{where}: unknown key `{key}`.{hint}")


def check_name(name: object, taken: Collection[str], where: str) -> str:
    """Return ``name`` if it can be a folder's and is new.

    Raises:
        ConfigError: When it is not.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ConfigError(
            f"{where}: expected a `name` of letters, digits and `_ . + -`, but got `{name}`."
        )
    if name in taken:
        raise ConfigError(f"{where}: there are two rows or tasks `{name}`. Rename one.")
    return name
