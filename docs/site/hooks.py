"""What the site needs besides Markdown: files of the repository, formulas, notebooks."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import links
import notebooks
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = links.ROOT
log = logging.getLogger("mkdocs.hooks.mmda")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Let fences of the language ``math`` hold formulas in LaTeX."""
    fence = {"name": "math", "class": "math", "format": formula}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    return config


def formula(source: str, *_: Any, **__: Any) -> str:
    """Return a formula as MathML, which browsers draw without a script."""
    return convert(source, display="block")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Make a page of each notebook."""
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        files.remove(file)
        text = notebooks.page(Path(file.abs_src_path or ""))
        uri = file.src_uri.removesuffix(".ipynb") + ".md"
        files.append(File.generated(config, uri, content=text))
        files.append(_copy(config, f"docs/{file.src_uri}", f"{file.src_uri}.txt"))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in what a page takes over, and take each file that it links to into the site."""
    source = f"docs/{page.file.src_uri}"

    def new(link: str) -> str:
        path = links.resolve(source, link)
        if path.startswith("docs/"):
            return link
        if not (ROOT / path).is_file():
            log.warning("%s: the link `%s` leads to no file", source, link)
            return link
        copy = _copy(config, path, f"repository/{path}.txt")
        if files.get_file_from_path(copy.src_uri) is None:
            files.append(copy)
        return links.relative(source, f"docs/{copy.src_uri}")

    return links.rewrite(links.fill_rows(links.expand(markdown, source), source), new)


def _copy(config: MkDocsConfig, path: str, uri: str) -> File:
    return File.generated(config, uri, abs_src_path=str(ROOT / path))
