"""`mmda env`: what a bug report needs, whatever is broken, and no secret."""

from __future__ import annotations

import os
from importlib.metadata import version
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import torch

import mmda
from mmda.cli import main
from mmda.utils import environment, installation


def report(capsys) -> dict[str, str]:
    assert main(["env"]) == 0
    lines = (line.partition("  ") for line in capsys.readouterr().out.splitlines())
    return {name: value.strip() for name, _, value in lines}


def test_the_versions_are_those_that_are_imported(capsys, monkeypatch):
    monkeypatch.setenv("MMDA_SOURCE", "data/source")
    lines = report(capsys)
    assert lines["mmda"].startswith(f"{mmda.__version__} in ")
    assert lines["torch"] == torch.__version__
    assert lines["numpy"] == np.__version__
    assert lines["GDAL"] == rasterio.__gdal_version__
    assert lines["onedl-mmengine"] == version("onedl-mmengine")
    assert lines["MMDA_SOURCE"] == "data/source"
    assert "problem" not in lines


def test_gpus_are_named(capsys, monkeypatch):
    gpu = SimpleNamespace(name="Tesla", total_memory=16 * 2**30)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: gpu)
    lines = report(capsys)
    assert lines["GPU 0"] == lines["GPU 1"] == "Tesla, 16 GiB"


def test_what_is_broken_is_said_and_stops_nothing(capsys, monkeypatch):
    def broken(name):
        raise OSError(f"{name}: libcudnn.so.9:\nno such file")

    def clash():
        raise installation.InstallationError("`mmcv` and `onedl-mmcv` are both installed")

    monkeypatch.setattr(environment.importlib, "import_module", broken)
    monkeypatch.setattr(environment, "check_installation", clash)
    monkeypatch.setattr(environment, "PACKAGES", ["numpy", "no-such-package"])
    lines = environment.describe_environment()
    assert lines["torch"] == r"`import torch` fails: torch: libcudnn.so.9:\nno such file"
    assert lines["GDAL"].startswith("`import rasterio` fails")
    assert lines["no-such-package"] == "not installed"
    assert lines["problem"].startswith("`mmcv` and")


def test_a_faulty_installation_does_not_stop_the_command(capsys, monkeypatch):
    def clash():
        raise installation.InstallationError("two of them")

    monkeypatch.setattr("mmda.cli.check_installation", clash)
    monkeypatch.setattr(environment, "check_installation", clash)
    assert report(capsys)["problem"] == "two of them"
    assert main(["configs"]) == 2


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("MMDA_SOURCE", "data/source", "data/source"),
        ("MMDA_SOURCE", "https://me:pw@host/data?sig=17", "https://***@host/data?***"),
        ("MMDA_SOURCE", "/vsicurl?url=x\ny&sig=17", "/vsicurl?***"),
        ("MMDA_SOURCE", "PG:dbname=x password=y", "***"),
        ("MMDA_API_KEY", "17", "***"),
        ("MMDA_SOURCE", "a\nb\x1b[2J", r"a\nb\x1b[2J"),
        ("MMDA_SOURCE", os.path.expanduser("~/data"), os.path.join("~", "data")),
        ("MMDA_SOURCE", os.path.expanduser("~") + "2/data", os.path.expanduser("~") + "2/data"),
    ],
)
def test_secrets_and_the_home_folder_are_hidden(name, value, shown):
    assert environment.variables({name: value, "PATH": "x"}) == {name: shown}
