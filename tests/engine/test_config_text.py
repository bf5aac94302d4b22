"""Configs are formatted whatever lies in the formatter's cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAIN = "from mmengine.config import Config; print(Config(dict(model=dict(type='A'))).pretty_text)"
GUARDED = f"from mmda.engine.config_text import import_formatter; import_formatter(); {PLAIN}"


def formatted(program: str, cache: Path) -> subprocess.CompletedProcess:
    """Print a config's text in a process that has its cache elsewhere."""
    env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have their caches elsewhere")
def test_a_cache_that_another_process_has_begun_is_not_read(tmp_path: Path) -> None:
    assert formatted(PLAIN, tmp_path).returncode == 0
    for file in (caches := sorted(tmp_path.rglob("*.pickle"))):
        file.write_bytes(b"")
    assert caches and "EOFError" in formatted(PLAIN, tmp_path).stderr
    done = formatted(GUARDED, tmp_path)
    assert done.stdout.split() == ["model", "=", "dict(type='A')"], done.stderr
    assert all(file.read_bytes() == b"" for file in caches)
