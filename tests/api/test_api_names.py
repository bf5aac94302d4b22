"""The names that mmda offers, and what importing them takes."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mmda

FUNCTIONS = {
    "adapt_bn", "calibrate", "convert", "export", "load_model", "pair", "predict", "score",
    "select", "suggest", "test", "tile", "tile_dataset", "train", "vectorise",
}  # fmt: skip
WITHOUT_TORCH = """
import sys
import mmda
assert not {"numpy", "rasterio", "torch"} & set(sys.modules), "import mmda takes time"
from mmda import PairOptions, RasterLabels, Scene, TileOptions, pair, tile, tile_dataset, vectorise
names = {"task": "t", "domain": "d", "classes": ("a", "b")}
tile("geotiff", "scene.tif", "one", labels="mask.tif", tile=64, progress=False, **names)
scenes = [Scene("other", "scene.tif", "train", RasterLabels("mask.tif"))]
tile_dataset(scenes, "two", TileOptions("t", "d", ("a", "b"), 64))
pair("one", "two", "task", PairOptions(progress=False))
vectorise("mask.tif", "polygons.gpkg", progress=False)
assert "torch" not in sys.modules, "torch was imported"
"""


def test_every_name_is_there_and_none_besides():
    assert set(mmda._HOME) >= FUNCTIONS
    for name in mmda._HOME:
        assert getattr(mmda, name).__module__ == mmda._HOME[name], name
    assert set(mmda._HOME) <= set(dir(mmda))
    with pytest.raises(AttributeError, match="has no attribute `nothing`"):
        mmda.nothing  # noqa: B018


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(mmda.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    seen = {alias.name: node.module for node in imports for alias in node.names}
    assert mmda._HOME.items() <= seen.items()


def test_functions_are_documented_with_an_example():
    for name in FUNCTIONS:
        text = getattr(mmda, name).__doc__
        for section in ("Args:", "Returns:", "Raises:", "Example:"):
            assert f"\n    {section}\n" in text, f"{name}: {section}"


def test_rasters_need_no_torch(folder):
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT_TORCH]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
