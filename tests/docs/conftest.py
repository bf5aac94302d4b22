"""Fixtures of the tests of the site."""

from __future__ import annotations

from types import ModuleType

import pytest
from site_modules import load_site


@pytest.fixture(scope="session")
def links() -> ModuleType:
    return load_site("links")
