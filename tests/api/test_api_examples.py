"""The examples of the API's docstrings, run in a folder that holds what they name."""

from __future__ import annotations

import doctest
import logging
import shutil
from pathlib import Path

import pytest
import torch
from api_samples import BATCH_NORM
from published_networks import random_weights

import mmda
from mmda.engine.inference import build_model

FUNCTIONS = (
    "train", "test", "load_model", "predict", "export", "vectorise", "tile", "tile_dataset", "pair",
    "select", "adapt_bn", "suggest", "calibrate", "convert",
)  # fmt: skip


@pytest.fixture
def filled(folder, toy_root, trained, config):
    """The working directory of an example: rasters, tiles, a config and a checkpoint."""
    shutil.copyfile(config, folder / "config.py")
    (folder / "iter_60.pth").symlink_to(trained.checkpoint)
    shutil.copytree(trained.work_dir, folder / "work")
    shutil.copytree(toy_root / "buildings", folder / "tiles")
    return folder


def use_batch_norm(folder: Path) -> None:
    """Put an untrained network with batch norm in place of the trained one."""
    config, checkpoint = folder / "config.py", folder / "iter_60.pth"
    config.write_text(config.read_text() + BATCH_NORM)
    state = build_model(config, initial=True).state_dict()
    meta = torch.load(checkpoint, weights_only=False)["meta"]
    checkpoint.unlink()
    torch.save({"meta": meta, "state_dict": state}, checkpoint)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_gives_what_it_says(filled, name, monkeypatch):
    if name == "adapt_bn":
        use_batch_norm(filled)
    if name == "calibrate":  # writes into the checkpoint, which other tests share
        shared = (filled / "iter_60.pth").resolve()
        (filled / "iter_60.pth").unlink()
        shutil.copyfile(shared, filled / "iter_60.pth")
    if name == "convert":
        clan = random_weights(heads={"layer5": 4, "layer6": 4})
        torch.save(clan, filled / "GTA2Cityscapes.pth")
    if name in ("tile", "tile_dataset"):
        shutil.rmtree(filled / "tiles")
    function = getattr(mmda, name)
    (example,) = doctest.DocTestFinder(recurse=False).find(function, name, globs={})
    assert example.examples, name
    found: list[str] = []
    logging.disable(logging.CRITICAL)  # MMEngine writes to standard output
    monkeypatch.setattr("mmengine.runner.checkpoint.print_log", lambda *_, **__: None)
    try:
        result = doctest.DocTestRunner().run(example, out=found.append)
    finally:
        logging.disable(logging.NOTSET)
    assert result.failed == 0, "".join(found)
