"""Notebooks as Markdown pages: cells, texts and pictures that they put out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def page(path: Path) -> str:
    """Return the Markdown of a notebook.

    Args:
        path: The notebook, format 4, with its outputs.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    parts = [part for cell in content["cells"] for part in _cell(cell)]
    parts.append(f"[This page as a notebook]({path.name}.txt)")
    return "\n\n".join(parts)


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    for output in cell.get("outputs", []):
        yield from _output(output)


def _output(output: dict[str, Any]) -> Iterator[str]:
    data = output.get("data", {})
    if "image/png" in data:
        picture = "".join(data["image/png"]).replace("\n", "")
        yield f'<img alt="What the cell draws" src="data:image/png;base64,{picture}">'
        return
    text = "".join(output.get("text", data.get("text/plain", "")))
    if text.strip():
        yield f"```text\n{text.rstrip()}\n```"
