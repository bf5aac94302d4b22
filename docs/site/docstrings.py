"""Docstrings as the site shows them: examples as code, roles of other tools as plain code."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:class|func|mod|meth|data|attr|exc):`~?(?:[\w.]+\.)?(\w+)`")
INLINE = re.compile(r":math:`([^`]*)`")
FORMULA = re.compile(r"^( *)\.\. math:: *(.*(?:\n\1 +\S.*)*)", re.MULTILINE)
EXAMPLE = re.compile(r"^Example:$", re.MULTILINE)
LITERAL = re.compile(r"::$", re.MULTILINE)


class PlainDocstrings(griffe.Extension):
    """Rewrites each docstring when it is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = plain(obj.docstring.value)


def plain(text: str) -> str:
    """Return a docstring without the marks of reStructuredText.

    Args:
        text: The docstring, its sections in Google's style.
    """
    text = FORMULA.sub(lambda m: f"{m[1]}```math\n{_lines(m)}\n{m[1]}```", text)
    text = ROLE.sub(r"`\1`", INLINE.sub(r"`\1`", text))
    return LITERAL.sub(":", EXAMPLE.sub("Examples:", text))


def _lines(match: re.Match[str]) -> str:
    return "\n".join(f"{match[1]}{line.strip()}" for line in match[2].splitlines() if line.strip())
