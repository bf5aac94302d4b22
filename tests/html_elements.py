"""What a browser makes of a page."""

from __future__ import annotations

from html.parser import HTMLParser

SCRIPT = "<script>alert('1')</script>"
BREAKOUT = "\"><img src=x onerror='alert(1)'>"
NAMES = [SCRIPT, BREAKOUT]


class Elements(HTMLParser):
    """Collects a page's elements and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def check_page(page: str, plain: str, name: str) -> None:
    """Compare a page with one whose names are harmless: it has the same elements."""
    found = Elements(page)
    assert found.tags == Elements(plain).tags
    assert not [one for one in found.attributes if one.startswith("on")]
    assert name in found.text
