"""Checks of the entries of a table's description."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from mmda.errors import ConfigError, did_you_mean

NAME = re.compile(r"\w[\w.+-]*")


@dataclass(frozen=True)
class Kind:
    """What a value may be.

    Attributes:
        types: Its types; a bool is no number.
        expected: The same in words.
    """

    types: tuple[type, ...]
    expected: str

    def check(self, value: object, where: str) -> None:
        """Raise a :class:`ConfigError` for a value of another kind."""
        if not isinstance(value, self.types) or (
            isinstance(value, bool) and bool not in self.types
        ):
            raise ConfigError(f"{where}: expected {self.expected}, but got `{value!r}`.")


TEXT = Kind((str,), "text in quotes")
NUMBER = Kind((int, float), "a number")
FIGURE = Kind((int, float, type(None)), "a number or None")
FLAG = Kind((bool,), "True or False")
LIST = Kind((list, tuple), "a list in square brackets")
DICT = Kind((Mapping,), "dict(...)")


def take(values: Mapping[str, Any], key: str, kind: Kind, where: str, default: Any = None) -> Any:
    """Return an entry, or ``default`` where it is missing or None.

    Raises:
        ConfigError: When it is of another kind.
    """
    value = values.get(key)
    if value is None:
        return default
    kind.check(value, f"{where}, `{key}`")
    return value


def take_list(values: Mapping[str, Any], key: str, kind: Kind, where: str) -> tuple:
    """Return a list of entries of one kind, empty where it is missing or None.

    Raises:
        ConfigError: When it is no list, or an entry of another kind.
    """
    entries = tuple(take(values, key, LIST, where, ()))
    for index, entry in enumerate(entries):
        kind.check(entry, f"{where}, `{key}[{index}]`")
    return entries


def take_dict(
    values: Mapping[str, Any], key: str, where: str, kind: Kind | None = None
) -> dict[str, Any]:
    """Return a dict with text as keys, empty where it is missing or None.

    Raises:
        ConfigError: When it is no such dict, or a value is not of ``kind``.
    """
    entries = take(values, key, DICT, where, {})
    for name, value in entries.items():
        TEXT.check(name, f"{where}, a key of `{key}`")
        if kind is not None:
            kind.check(value, f"{where}, `{key}`, `{name}`")
    return dict(entries)


def check_keys(values: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Raise a :class:`ConfigError` for the first key that is not known."""
    DICT.check(values, where)
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
