"""A short training that the tests of the API share, and a folder as its users have it."""

from __future__ import annotations

import pytest
from api_samples import LEARNS_QUICKLY
from core_samples import LOOK, draw_scene, write_scene

import mmda


@pytest.fixture(scope="session")
def config(toy_root, tmp_path_factory):
    """Path of a config of a training that learns the tiny domains in 60 iterations."""
    path = tmp_path_factory.mktemp("training") / "config.py"
    path.write_text(LEARNS_QUICKLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        yield path


@pytest.fixture(scope="session")
def trained(config):
    """The result of that training."""
    return mmda.train(config, work_dir=config.parent / "work", seed=3)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory: ``scene.tif`` of 128 x 128 pixels and its ``mask.tif``."""
    label, image = draw_scene(77, LOOK["target"])
    write_scene(tmp_path / "scene.tif", label, image).rename(tmp_path / "mask.tif")
    monkeypatch.chdir(tmp_path)
    return tmp_path
