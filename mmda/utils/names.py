"""Names that come from data, in text that a program, a shell or a browser reads."""

from __future__ import annotations

import math
import re
from typing import Any

from mmda.errors import ConfigError, MMDAError

REPLACED = "{{"  # MMEngine replaces `{{...}}` in the text of a config, before Python reads it


def check_name(what: str, name: Any, error: type[MMDAError] = ConfigError) -> None:
    """Raise an error unless a name is one line of printable text.

    Args:
        what: What the name is of, such as ``class``; it stands in the message.
        name: The name.
        error: The error's class.
    """
    if isinstance(name, str) and name.isprintable() and REPLACED not in name:
        return
    raise error(
        f"The {what} name {printable(repr(name))} is refused: expected one line of text without "
        f"control characters and without `{REPLACED}`, since it is written into configs. Rename it."
    )


def printable(text: str) -> str:
    r"""Return a text in one line, with control characters as escapes such as ``\n``."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def comment(text: str) -> str:
    """Return a text as one comment line of a config, which nothing in it can leave."""
    return "# " + re.sub(r"\{(?=\{)", "{ ", printable(text))


def literal(value: Any) -> str:
    """Return a plain value as a Python literal for a config, strings in double quotes."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    text = repr(value)
    if isinstance(value, str) and '"' not in text:
        text = f'"{text[1:-1]}"'
    return text.replace(REPLACED, r"{\x7b") if isinstance(value, str) else text


def markdown_cell(text: str) -> str:
    """Return a text as a cell of a Markdown table."""
    return printable(text).replace("\\", r"\\").replace("|", r"\|").replace("<", "&lt;")


def plot_label(text: str) -> str:
    """Return a text as matplotlib shows it, without formulas between dollar signs."""
    return text.replace("$", r"\$")
