"""What all entries of a table's description have in common, and the words of their errors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from mmda.errors import ConfigError, did_you_mean

NAME = re.compile(r"\w[\w.+-]*")
EXPECTED = {
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "tuple_type": "a list in square brackets",
    "too_short": "at least one entry",
    "dict_type": "dict(...)",
    "model_type": "dict(...)",
    "bool_type": "True or False",
    "float_type": "a number",
    "int_type": "an integer",
}
"""What was expected, by the kind of an error of pydantic."""


class Entry(BaseModel):
    """A part of a description.

    A key that is not known is an error, and None stands for a value that is left out. Values are
    not converted: a number in quotes is no number.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in values:
            if key not in known:
                hint = did_you_mean(str(key), known) or f" Expected one of {', '.join(known)}."
                raise ValueError(f"unknown key `{key}`.{hint}")
        return {key: value for key, value in values.items() if value is not None}


def _by_name(entries: Any) -> dict[str, Any]:
    """Return a list of entries as a dict by their names, which must differ."""
    if not isinstance(entries, (list, tuple)):
        raise ValueError(f"expected a list in square brackets, but got `{entries!r}`.")
    if not entries:
        raise ValueError("expected at least one entry, but the list is empty.")
    named: dict[str, Any] = {}
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise ValueError(f"expected dict(...) as entry {index}, but got `{entry!r}`.")
        name = entry.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(
                f"expected a `name` of letters, digits and `_ . + -` in entry {index}, but got "
                f"`{name}`."
            )
        if name in named:
            raise ValueError(f"there are two entries `{name}`. Rename one.")
        named[name] = entry
    return named


T = TypeVar("T")
Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A list or tuple in the description, a tuple in the table."""
Named = Annotated[dict[str, T], BeforeValidator(_by_name)]
"""A list of entries with names in the description, a dict by name in the table."""


def in_words(error: ValidationError, path: Path) -> ConfigError:
    """Return the first error of a description as one for its author.

    Args:
        error: What pydantic found.
        path: The description.
    """
    first = error.errors()[0]
    kind, place = first["type"], first["loc"]
    if kind == "missing":
        return ConfigError(
            f"{_place(path, place[:-1])} has no `{place[-1]}`; see docs/howto/reproduce-a-table.md."
        )
    if kind == "value_error":
        return ConfigError(f"{_place(path, place)}: {first['ctx']['error']}")
    expected = EXPECTED.get(kind, first["msg"])
    return ConfigError(f"{_place(path, place)}: expected {expected}, but got `{first['input']!r}`.")


def _place(path: Path, keys: Sequence[str | int]) -> str:
    """Return where in a description an error is, such as ``row `a`, `published[2]```."""
    if keys and keys[-1] == "[key]":
        return f"{_place(path, keys[:-2])}, one of its keys"
    parts = [f"`{path}`"]
    if len(keys) > 1 and keys[0] in ("rows", "tasks"):
        parts.append(f"{str(keys[0])[:-1]} `{keys[1]}`")
        keys = keys[2:]
    for key in keys:
        if isinstance(key, int):
            parts[-1] = f"{parts[-1][:-1]}[{key}]`"
        else:
            parts.append(f"`{key}`")
    return ", ".join(parts)
