"""What the pages are made of: diagrams, names of the API, texts taken over, sizes of READMEs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from site_modules import load_site as load

import mmda

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md"))


def test_the_diagrams_are_those_that_the_script_draws():
    for path, text in load("diagrams").diagrams().items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: run docs/site/diagrams.py"


def test_each_method_has_its_diagram():
    pages = {path.stem for path in (DOCS / "methods").glob("*.md")} - {"index", "left-out"}
    assert pages <= set(load("diagrams").ACTS)


def test_the_reference_has_every_name_of_the_api():
    text = (DOCS / "reference/index.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: (\S+)$", text, re.MULTILINE)
    names = {f"{home}.{name}" for name, home in mmda._HOME.items()}
    assert set(named) == names, "add or remove it in docs/reference/index.md"
    assert len(named) == len(names)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_take_over_what_it_names(links, page):
    text = links.fill_rows(links.expand((ROOT / page).read_text(encoding="utf-8"), page), page)
    assert '"include")' not in text
    assert '"rows")' not in text


def test_a_page_takes_over_its_rows_of_another_pages_tables(links, tmp_path, monkeypatch):
    monkeypatch.setattr(links, "ROOT", tmp_path)
    head = "| method | cost |\n|---|---|"
    rows = "| [One](docs/one.md) | 1 |\n| [Two](docs/two.md) | [2](x.md) |"
    (tmp_path / "index.md").write_text(f"Text.\n\n{head}\n{rows}\n")
    found = links.fill_rows('[Rows](../index.md "rows")', "docs/two.md")
    assert found == f"{head}\n| [Two](two.md) | [2](../x.md) |"
    with pytest.raises(ValueError, match=r"index\.md: no table has a row that leads to docs/three"):
        links.fill_rows('[Rows](../index.md "rows")', "docs/three.md")


def test_readmes_are_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
    for path in (ROOT / "configs").rglob("README.md"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 40, path


def test_a_notebook_becomes_a_page_with_what_its_cells_put_out(tmp_path):
    outputs = [
        {"output_type": "stream", "text": ["two\n"]},
        {"output_type": "display_data", "data": {"image/png": "aGk=\n", "text/plain": "<Figure>"}},
        {"output_type": "execute_result", "data": {"text/plain": ["3"]}},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "Text."]},
        {"cell_type": "code", "source": ["print('two')"], "outputs": outputs},
    ]
    (tmp_path / "one.ipynb").write_text(json.dumps({"cells": cells}))
    page = load("notebooks").page(tmp_path / "one.ipynb")
    assert page.startswith("# Title\nText.\n\n```python\nprint('two')\n```\n\n```text\ntwo\n```")
    assert 'src="data:image/png;base64,aGk="' in page
    assert "```text\n3\n```" in page and "Figure" not in page


def test_docstrings_lose_the_marks_of_other_tools():
    pytest.importorskip("griffe", reason="needs the extra `docs`")
    text = (
        "Do it, see :class:`~mmda.models.ISIA` and :math:`x^2`.\n\n.. math:: a = b\n    + c\n\n"
        "Example::\n\n    code\n\nExample:\n    >>> 1\n"
    )
    assert load("docstrings").plain(text) == (
        "Do it, see `ISIA` and `x^2`.\n\n```math\na = b\n+ c\n```\n\n"
        "Example:\n\n    code\n\nExamples:\n    >>> 1\n"
    )
