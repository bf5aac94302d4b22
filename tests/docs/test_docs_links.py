"""Each link of each page and README leads somewhere, and the site has all pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("docs", "configs", "benchmarks", "data_converters")
PAGES = ["README.md", *sorted(
    path.relative_to(ROOT).as_posix() for name in FOLDERS for path in (ROOT / name).rglob("*.md")
)]  # fmt: skip


def anchors(links, path: Path) -> set[str]:
    text = links.FENCE.sub("", path.read_text(encoding="utf-8"))
    headings = (line.lstrip("#") for line in text.splitlines() if line.startswith("#"))
    return {links.slug(heading) for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(links, page):
    faults = []
    for link, anchor in links.links((ROOT / page).read_text(encoding="utf-8")):
        path = ROOT / links.resolve(page, link)
        if path.suffix == ".md" and page.startswith("docs") and "tutorials" in path.parts:
            path = path.with_suffix(".ipynb")
        if not path.exists():
            faults.append(f"{link}: no such file")
        elif anchor and path.suffix == ".md" and anchor not in anchors(links, path):
            faults.append(f"{link}#{anchor}: no such heading")
    assert faults == []


def in_nav(entries: list) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, dict):
            (entry,) = entry.values()
        if isinstance(entry, str):
            yield entry
        else:
            yield from in_nav(entry)


def test_the_navigation_has_each_page_once():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = list(in_nav(config["nav"]))
    notebooks = (ROOT / "docs").rglob("*.ipynb")
    files = [*(ROOT / "docs").rglob("*.md"), *(path.with_suffix(".md") for path in notebooks)]
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in files}
    assert len(listed) == len(set(listed))
    assert set(listed) == pages


def test_a_page_takes_over_another_files_text_with_its_links(links, tmp_path, monkeypatch):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/README.md").write_text(
        "# Title\n\nSee [it](toy/a.py#x).\n\n```\n[no](link)\n```\n\nMore: [page](../docs/one.md)\n"
        "\n## Part two\n\nText.\n\n## Three\n\nEnd.\n"
    )
    monkeypatch.setattr(links, "ROOT", tmp_path)
    whole = links.expand('# Own\n\n[x](../../configs/README.md "include")\n', "docs/a/b.md")
    assert whole.startswith("# Own\n\nSee [it](../../configs/toy/a.py#x).\n\n```\n[no](link)\n```")
    assert "Title" not in whole and "More" not in whole
    part = links.expand('[x](../configs/README.md#part-two "include")\n', "docs/b.md")
    assert part.strip() == "Text."
    assert links.expand('[x](../configs/README.md "include")\n', "docs/b.md").startswith("# Title")
    with pytest.raises(ValueError, match="no heading has the anchor `#four`"):
        links.expand('[x](../configs/README.md#four "include")\n', "docs/b.md")
