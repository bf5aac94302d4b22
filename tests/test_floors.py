"""No import runs upwards: the packages stand on floors and import lower ones only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

import mmda

# From the top to the ground. Packages of one floor do not import each other.
FLOORS = """
    __main__
    cli                                         parsing and printing
    demo                                        experiments
    compare reporting                           tables and pages of them
    ablation
    api                                         what the command line and scripts call
    adaptation calibration pairing pseudo selection style suggestion testing visualisation  workflow
    conversion exporting                        checkpoints from and for other codes
    engine                                      training
    models
    datasets
    evaluation
    converters report                           public datasets; pictures and pages
    raster                                      the names that raster/__init__.py offers
    raster.tiling raster.mapping
    raster.dataset
    raster.labels
    raster.io
    raster.scene
    raster.decoding raster.windows
    toy                                         generated cities
    registry tasks
    utils
    errors
"""

ROOT = Path(mmda.__file__).parent
RANKS = {
    package: -number
    for number, line in enumerate(FLOORS.strip().splitlines())
    for package in line.strip().split("  ")[0].split()
}
MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


def package_of(module: str) -> str:
    """Return the package of a module: the longest name of ``FLOORS`` that it begins with."""
    parts = module.split(".")[1:]
    packages = (".".join(parts[:length]) for length in (2, 1))
    return next((package for package in packages if package in RANKS), parts[0])


def imported(module: str, source: str) -> Iterator[tuple[int, str]]:
    """Yield line and module of every import from mmda, those inside functions too."""
    is_package = MODULES.get(module, Path()).name == "__init__.py"
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            names = [f"{origin}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("mmda.") and name != "mmda.__version__":
                yield node.lineno, name if name in MODULES else name.rpartition(".")[0]


def upward(module: str, source: str) -> Iterator[str]:
    """Yield a description of each import that does not go down."""
    package = package_of(module)
    for line, name in imported(module, source):
        other = "api" if name == "mmda" else package_of(name)  # the API's names, from mmda
        if package != other and RANKS[other] >= RANKS[package]:
            place = f"{module.replace('.', '/')}, line {line}"
            yield f"{place}: `{package}` imports `{other}` ({name})"


def test_the_floors_name_every_package_and_no_other():
    assert {package_of(module) for module in MODULES if module != "mmda"} == set(RANKS)


def test_no_import_runs_upwards():
    found = [
        one
        for module, path in MODULES.items()
        if module != "mmda"  # forwards to the API
        for one in upward(module, path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(["imports that run upwards:", *found])


@pytest.mark.parametrize(
    ("module", "source", "other"),
    [
        ("mmda.engine.launch", "def f():\n    from mmda.cli import main", "cli"),
        ("mmda.raster.io.header", "import mmda.raster.tiling.run", "raster.tiling"),
        ("mmda.raster.io.header", "from mmda.raster import Scene", "raster"),
        ("mmda.style.drift", "from mmda.pseudo import ThresholdRule", "pseudo"),
        ("mmda.utils.files", "from mmda import train", "api"),
        ("mmda.utils.files", "from ..registry import HOOKS", "registry"),
    ],
)
def test_an_upward_import_is_found(module, source, other):
    (text,) = upward(module, source)
    assert f"line {source.count(chr(10)) + 1}: " in text and f"imports `{other}` (" in text


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("mmda.cli.train", "from mmda.engine import launch\nfrom mmda import train"),
        ("mmda.report.page", "from mmda import __version__\nfrom mmda.report import table"),
        ("mmda.raster.tiling.run", "from mmda.raster.io.header import Header\nimport numpy"),
    ],
)
def test_a_downward_import_is_none(module, source):
    assert list(upward(module, source)) == []
