"""The notebooks run from the first cell to the last; what is kept of them names no machine."""

from __future__ import annotations

import json
import logging
import re

import pytest
from core_samples import REPO

from mmda.registry import MODELS

NOTEBOOKS = sorted((REPO / "docs/tutorials").glob("*.ipynb"))
SHORT = {"ITERATIONS": 2, "SIDE": 192}


def cells(path) -> list[dict]:
    return [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["source"]]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # as the notebooks do
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    import matplotlib

    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(MODELS, "_module_dict", dict(MODELS.module_dict))  # cells register, too
    for name in ("MMDA_CROP", "MMDA_TOY_ROOT"):  # which cells set
        monkeypatch.setenv(name, "")
    scope: dict = {}
    try:
        for cell in cells(path):
            if cell["cell_type"] == "code":
                code = "".join(cell["source"])
                for name, value in SHORT.items():
                    code = re.sub(rf"^{name} = \d+", f"{name} = {value}", code, flags=re.MULTILINE)
                exec(compile(code, path.name, "exec"), scope)
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_kept_without_paths_of_a_machine(path):
    code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert {output["output_type"] for output in outputs} <= {
        "stream", "display_data", "execute_result",
    }  # fmt: skip
    text = "".join("".join(output.get("text", "")) for output in outputs)
    assert not re.search(r"(^|[\s'\"(=])/\w|[A-Z]:\\|~/", text)
