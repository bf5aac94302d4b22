"""Runs the notebooks of `docs/tutorials` and keeps what their cells put out, without paths.

`make tutorials` runs it. Each notebook works in an empty folder of its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIALS = Path(__file__).resolve().parents[1] / "tutorials"


def run(path: Path) -> None:
    """Run a notebook and write it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=600, resources=resources).execute()
        notebook.metadata.language_info = {"name": "python"}  # no version of this machine
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times
            if cell.cell_type == "code":
                shown = [one for one in cell.outputs if one.get("name") != "stderr"]
                cell.outputs = [clean(output, folder) for output in shown]
    nbformat.write(notebook, path)


def clean(output: nbformat.NotebookNode, folder: str) -> nbformat.NotebookNode:
    """Return an output whose text has paths from the notebook's folder on."""
    if "text" in output:
        output.text = output.text.replace(f"{folder}/", "").replace(folder, ".")
    return output


def main() -> int:
    """Run the notebooks that the command line names, or all."""
    for path in map(Path, sys.argv[1:]) if sys.argv[1:] else sorted(TUTORIALS.glob("*.ipynb")):
        run(path)
        print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
