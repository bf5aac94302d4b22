"""Arguments from the options of dataclasses, see :mod:`mmda.utils.options`."""

from __future__ import annotations

import argparse
import collections.abc
import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import MISSING
from typing import Any

from mmda.utils.options import options_of


def add_options(
    parser: argparse.ArgumentParser,
    cls: type,
    *,
    skip: Collection[str] = (),
    defaults: Mapping[str, Any] | None = None,
    heading: str | None = None,
) -> None:
    """Add an argument for every option of a dataclass: ``--min-valid`` for ``min_valid``.

    Args:
        parser: Where to add them.
        cls: The dataclass.
        skip: Options that the user does not choose.
        defaults: Other defaults than those of the class.
        heading: Heading of the help for options that name no group; the parser's own when ``None``.
    """
    hints = typing.get_type_hints(cls)
    for name, (field, described) in options_of(cls).items():
        if name in skip:
            continue
        default = (defaults or {}).get(name, field.default)
        kind, listed = _kind(hints[name])
        keywords: dict[str, Any] = {"help": described.text(default).replace("%", "%%")}
        if default is MISSING:
            keywords["required"] = True
        else:
            keywords["default"] = default
        if kind is bool:
            keywords["action"] = "store_true"
        else:
            keywords["type"] = kind
            keywords["nargs"] = described.nargs or ("+" if listed else None)
            keywords["choices"] = described.choices or None
            keywords["metavar"] = described.metavar
        group = _group(parser, described.group or heading)
        group.add_argument(f"--{name.replace('_', '-')}", **keywords)


def given_options(args: argparse.Namespace, cls: type) -> dict[str, Any]:
    """Return what the user chose for the options of a dataclass, by name."""
    return {name: getattr(args, name) for name in options_of(cls) if hasattr(args, name)}


def _group(parser: argparse.ArgumentParser, title: str | None) -> Any:
    """Return the parser's group of this title, which may be there already."""
    if title is None:
        return parser
    known = {group.title: group for group in parser._action_groups}
    return known.get(title) or parser.add_argument_group(title)


def _kind(hint: Any) -> tuple[type, bool]:
    """Return the type of one value, and whether the option takes a list of them."""
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    members = [m for m in (typing.get_args(hint) if union else [hint]) if m is not type(None)]
    for member in members:
        if typing.get_origin(member) in (tuple, collections.abc.Sequence):
            return _kind(typing.get_args(member)[0])[0], True
    return (str if str in members else members[0]), False
