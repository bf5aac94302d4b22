"""The site's modules, which are no package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

SITE = Path(__file__).resolve().parents[2] / "docs/site"


def load_site(name: str) -> ModuleType:
    """Return a module of the site by its file."""
    spec = importlib.util.spec_from_file_location(f"site_{name}", SITE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # as data classes need it
    spec.loader.exec_module(module)
    return module
