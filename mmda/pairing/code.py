"""Values as the text of a config: ``dict(...)`` calls, with the line breaks of a formatter."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from typing import Any

from mmda.utils.names import literal

WIDTH = 100


class Name(str):
    """Text that is code, such as a variable or ``{{_base_.classes}}``."""

    __slots__ = ()


class From(dict[str, Any]):
    """A mapping that is written as a copy of another with changes: ``dict(base, key=value)``.

    Args:
        base: Code of the other mapping.
        changes: What differs from it.
    """

    def __init__(self, base: str, changes: Mapping[str, Any]) -> None:
        super().__init__(changes)
        self.base = Name(base)


def assign(name: str, value: Any) -> str:
    """Return ``name = value`` as code."""
    return f"{name} = {_wrapped(value, 0, len(name) + 3)}"


def assignments(values: Mapping[str, Any]) -> str:
    """Return plain values by variable as the text of a config, which gives these very values."""
    return "".join(f"{assign(name, value)}\n" for name, value in values.items())


def _wrapped(value: Any, indent: int, used: int) -> str:
    """Return ``value`` as code in one line, or with one entry per line if that is too long.

    Args:
        value: A nested value of dicts, lists, tuples and plain values.
        indent: Spaces before the closing bracket.
        used: Number of characters before the value in its line, without the indent.
    """
    opening, entries, closing = _parts(value)
    flat = opening + ", ".join(head + _flat(item) for head, item in entries) + closing
    if not entries or indent + used + len(flat) < WIDTH:
        return flat
    inner = indent + 4
    lines = [
        " " * inner + head + _wrapped(item, inner, len(head) + 1) + "," for head, item in entries
    ]
    return "\n".join([opening, *lines, " " * indent + closing])


def _flat(value: Any) -> str:
    opening, entries, closing = _parts(value)
    return opening + ", ".join(head + _flat(item) for head, item in entries) + closing


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """Return a value's opening bracket, its entries with the text before each, and its end."""
    if isinstance(value, From):
        return "dict(", [("", value.base), *_parts(dict(value))[1]], ")"
    if isinstance(value, Mapping):
        if all(map(_is_argument, value)):
            return "dict(", [(f"{key}=", item) for key, item in value.items()], ")"
        return "{", [(f"{literal(key)}: ", item) for key, item in value.items()], "}"
    if isinstance(value, list):
        return "[", _plain(value), "]"
    if isinstance(value, tuple):
        return "(", _plain(value), ",)" if len(value) == 1 else ")"
    return (value if isinstance(value, Name) else literal(value)), [], ""


def _plain(values: Iterable[Any]) -> list[tuple[str, Any]]:
    return [("", item) for item in values]


def _is_argument(key: Any) -> bool:
    """Tell whether ``dict(key=...)`` has this very key; Python changes letters such as ``ﬁ``."""
    return (
        isinstance(key, str) and key.isascii() and key.isidentifier() and not keyword.iskeyword(key)
    )
