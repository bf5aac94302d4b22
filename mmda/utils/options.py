"""Options that command line and API share: described fields of frozen dataclasses.

An option is declared once, as a field::

    @documented
    @dataclass(frozen=True)
    class TileOptions:
        tile: int | None = option("tile size, pixels", 512)
        format: str = option("image format", "tif", choices=("tif", "png"))

The command line makes arguments of such fields (:mod:`mmda.cli.dataclass_arguments`), and the
class is what functions take.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from typing import Any, TypeVar

from mmda.errors import ConfigError, did_you_mean

_Class = TypeVar("_Class", bound=type)
_Built = TypeVar("_Built")


@dataclass(frozen=True)
class Option:
    """What is known of a field besides its type and default.

    Attributes:
        help: A line for the user, with units and range.
        shown: The default in words, where it is no number and no text.
        choices: The values that it may have; any of its type when empty.
        group: Heading under which the help lists it.
        metavar: What stands for the value in the help.
        nargs: ``*`` for a list that may be empty.
    """

    help: str
    shown: str | None = None
    choices: Sequence[str] = ()
    group: str | None = None
    metavar: str | None = None
    nargs: str | None = None

    def text(self, default: Any) -> str:
        """Return the help with the default in brackets, unless that is nothing to tell."""
        shown = self.shown
        if isinstance(default, float):
            shown = f"{default:g}"
        elif isinstance(default, (int, str)) and default is not False:
            shown = f"{default}"
        elif shown is None and isinstance(default, tuple):
            shown = " ".join(default)
        return f"{self.help} [{shown}]" if shown else self.help


def option(help: str, default: Any = MISSING, **more: Any) -> Any:
    """Declare a field of a dataclass as an option; ``more`` are attributes of :class:`Option`."""
    return field(default=default, metadata={"option": Option(help, **more)})


def options_of(cls: type) -> dict[str, tuple[dataclasses.Field, Option]]:
    """Return the described fields of a dataclass by name, in their order."""
    found = {f.name: (f, f.metadata.get("option")) for f in dataclasses.fields(cls)}
    return {name: (f, described) for name, (f, described) in found.items() if described}


def field_names(cls: type) -> set[str]:
    """Return the names of all fields of a dataclass."""
    return {field.name for field in dataclasses.fields(cls)}


def documented(cls: _Class) -> _Class:
    """Append the options of a dataclass to its docstring."""
    lines = [f"    {name}: {o.text(f.default)}" for name, (f, o) in options_of(cls).items()]
    cls.__doc__ = "\n".join([(cls.__doc__ or "").rstrip(), "", "Options:", *lines, ""])
    return cls


def check_choices(options: Any) -> None:
    """Raise a :class:`ConfigError` for a value that is none of its option's choices."""
    for name, (_, described) in options_of(type(options)).items():
        value = getattr(options, name)
        values = value if isinstance(value, (list, tuple)) else [value]
        for one in values if described.choices else ():
            if one is not None and one not in described.choices:
                raise ConfigError(
                    f"Unknown {name.replace('_', ' ')} `{one}`; expected one of "
                    f"{', '.join(described.choices)}." + did_you_mean(str(one), described.choices)
                )


def split_options(
    given: Mapping[str, Any], classes: Mapping[type, Collection[str]], what: str
) -> list[dict[str, Any]]:
    """Distribute keywords over dataclasses.

    Args:
        given: The keywords.
        classes: Per dataclass the names of the fields that it takes; the first that has a name
            takes it.
        what: What the options belong to, for errors.

    Raises:
        ConfigError: When no class has a keyword.
    """
    known = {name: cls for cls, names in reversed(list(classes.items())) for name in names}
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{what} has no option `{name}`; it has {', '.join(sorted(known))}."
                + did_you_mean(name, known)
            )
    return [{n: v for n, v in given.items() if known[n] is cls} for cls in classes]


def build(cls: type[_Built], values: Mapping[str, Any], what: str) -> _Built:
    """Build a dataclass from the values of its fields.

    Raises:
        ConfigError: When a value is missing or does not fit.
    """
    required = (f.name for f in dataclasses.fields(cls) if f.default is MISSING)  # type: ignore[arg-type]
    missing = [f"`{name}`" for name in required if values.get(name) is None]
    if missing:
        raise ConfigError(f"{what} needs {', '.join(missing)}.")
    return cls(**values)
