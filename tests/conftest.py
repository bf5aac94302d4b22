"""Fixtures shared by the tests of the core: two tiny tiled domains, one thread."""

from __future__ import annotations

import gc
import os
import threading
import warnings
from pathlib import Path

# Before torch is imported by any test: one thread is fastest on tiny tensors, and keeps sums exact.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import core_samples
import pytest
from hypothesis import settings
from quick_mmengine import quick_mmengine
from tqdm import tqdm

# The same examples in every run; `pytest --hypothesis-profile default` looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# A process killed while it draws its bar would leave the lock that forks share locked for ever.
tqdm.monitor_interval = 0
tqdm.set_lock(threading.RLock())


def pytest_collection_finish() -> None:
    """Leave what the imports made out of garbage collections, and collect more rarely.

    Torch and MMSegmentation are more than a million objects, which no collection can free. Python's
    own threshold of 700 objects costs a tenth of the tests' time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of slow tests, so that no process is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True, scope="session")
def quick_runs():
    with quick_mmengine():
        yield


@pytest.fixture(scope="session")
def toy_root(tmp_path_factory) -> Path:
    """Folder with ``buildings/source`` and ``buildings/target``, tiled, as the demo lays it out."""
    root = tmp_path_factory.mktemp("toy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for domain in ("source", "target"):
            core_samples.write_domain(root / "scenes" / domain, root / "buildings" / domain, domain)
    return root


@pytest.fixture
def write_config(tmp_path, toy_root, monkeypatch):
    """Return a function that writes a training config for the tiny domains and gives its path."""
    monkeypatch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))

    def write(text: str = "", *, name: str = "config.py", base: str = core_samples.TRAINING) -> str:
        path = tmp_path / name
        path.write_text(base + text)
        return str(path)

    return write
