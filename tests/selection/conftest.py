"""A training of two checkpoints for the tests of the choice among them."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_samples import LEARNS_QUICKLY

import mmda


@pytest.fixture(scope="session")
def training(toy_root, tmp_path_factory) -> Path:
    """Return the folder of a training with the checkpoints ``iter_30.pth`` and ``iter_60.pth``."""
    folder = tmp_path_factory.mktemp("selection")
    config = folder / "config.py"
    text = "\ndefault_hooks['checkpoint']['interval'] = 30\n"
    config.write_text(LEARNS_QUICKLY + text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        mmda.train(config, work_dir=folder / "work", seed=3)
    return folder / "work"
