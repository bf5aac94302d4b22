"""Links of Markdown pages: to other files, and the texts that a page takes over from them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)(?P<path>[^)\s#]+)(?P<anchor>#[^)\s]*)?")
INCLUDE = re.compile(
    r'^\[[^\]]*\]\((?P<path>[^)\s#]+)(?:#(?P<section>\S+))? "include"\)$', re.MULTILINE
)
ROWS = re.compile(r'^\[[^\]]*\]\((?P<path>[^)\s#]+) "rows"\)$', re.MULTILINE)
TABLE = re.compile(r"^\|.*\n\|[-:| ]+\|\n(?:\|.*\n?)+", re.MULTILINE)
TITLE = re.compile(r"\A# .*\n+")
MORE = re.compile(r"^More: .*\n?", re.MULTILINE)


def expand(text: str, page: str) -> str:
    """Put the text of another file in place of each link whose title is ``include``.

    The other file's title is left out where the page has one, and so is its line ``More: ...``,
    which leads to the page.

    Args:
        text: The page's Markdown.
        page: The page's path from the repository's folder on, such as ``docs/index.md``.
    """

    def included(match: re.Match[str]) -> str:
        path = resolve(page, match["path"])
        other = (ROOT / path).read_text(encoding="utf-8")
        if match["section"]:
            other = section(other, match["section"], path)
        elif text.startswith("# "):
            other = TITLE.sub("", other)
        other = MORE.sub("", other)
        return rewrite(other, lambda link: relative(page, resolve(path, link))).strip()

    return INCLUDE.sub(included, text)


def fill_rows(text: str, page: str) -> str:
    """Put rows of another page's tables in place of each link whose title is ``rows``.

    Of each table of the other page, these are the rows whose first cell leads to this page.

    Args:
        text: The page's Markdown.
        page: Its path, as in :func:`expand`.

    Raises:
        ValueError: If the other page has no such row.
    """

    def rows(match: re.Match[str]) -> str:
        path = resolve(page, match["path"])
        tables = []
        for table in TABLE.findall((ROOT / path).read_text(encoding="utf-8")):
            head, line, *body = table.splitlines()
            own = [row for row in body if _leads_to(row, path, page)]
            if own:
                tables.append("\n".join([head, line, *own]))
        if not tables:
            raise ValueError(f"{path}: no table has a row that leads to {page}")
        return rewrite("\n\n".join(tables), lambda link: relative(page, resolve(path, link)))

    return ROWS.sub(rows, text)


def _leads_to(row: str, path: str, page: str) -> bool:
    return any(resolve(path, link) == page for link, _ in links(row.split("|")[1]))


def section(text: str, anchor: str, path: str) -> str:
    """Return what stands below a heading, without the heading.

    Raises:
        ValueError: If no heading of the file has this anchor.
    """
    parts = re.split(r"^(#+) (.*)$", text, flags=re.MULTILINE)  # text, level, heading, text, ...
    for at in range(1, len(parts), 3):
        if slug(parts[at + 1]) == anchor:
            return parts[at + 2]
    raise ValueError(f"{path}: no heading has the anchor `#{anchor}`")


def rewrite(text: str, new: Callable[[str], str]) -> str:
    """Replace the path of each link outside of blocks of code; anchors stay."""
    parts, start = [], 0
    for fence in [*FENCE.finditer(text), None]:
        end = fence.start() if fence else len(text)
        parts.append(LINK.sub(lambda m: new(m["path"]) + (m["anchor"] or ""), text[start:end]))
        if fence:
            parts.append(fence[0])
            start = fence.end()
    return "".join(parts)


def links(text: str) -> Iterator[tuple[str, str]]:
    """Yield path and anchor of each link to another file, outside of blocks of code."""
    for match in LINK.finditer(FENCE.sub("", text)):
        yield match["path"], (match["anchor"] or "").removeprefix("#")


def resolve(file: str, link: str) -> str:
    """Return the path, from the repository's folder on, that a link in a file leads to."""
    return os.path.normpath(os.path.join(os.path.dirname(file), link))


def relative(file: str, path: str) -> str:
    """Return the link from a file to a path, both from the repository's folder on."""
    return os.path.relpath(path, os.path.dirname(file) or ".")


def slug(heading: str) -> str:
    """Return a heading's anchor, as the site and code hosts make it."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[\s]", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
