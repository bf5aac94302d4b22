"""Pretrained weights: where they are looked for, and machines without internet."""

from __future__ import annotations

import urllib.error

import pytest
import torch

from mmda.cli import main
from mmda.engine import weights_files
from mmda.engine.weights_files import weights_file
from mmda.errors import ConfigError

CONFIG = "mmda::source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py"
FILE = "resnet101_v1c-e67eebb6.pth"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MMDA_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "cache"))
    return tmp_path / "weights"


@pytest.fixture
def fetched(monkeypatch):
    """Stand in for the internet; return the addresses that were asked."""
    asked = []

    def download(url, path, progress):
        asked.append(url)
        torch.save({"state_dict": {"weight": torch.ones(2)}}, path)

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    return asked


def test_weights_are_listed_and_fetched_once(folder, fetched, capsys):
    assert main(["weights", CONFIG]) == 1
    assert "init_cfg.checkpoint): missing; https://" in capsys.readouterr().out
    assert not folder.exists() and not fetched
    assert main(["weights", CONFIG, CONFIG, "--fetch"]) == 0
    assert [url.rpartition("/")[2] for url in fetched] == [FILE]
    assert main(["weights", CONFIG, "--fetch"]) == 0 and len(fetched) == 1
    assert capsys.readouterr().out.count(str(folder / FILE)) == 2
    assert weights_file("open-mmlab://resnet101_v1c") == folder / FILE
    assert main(["weights", "mmda::toy/adapted.py"]) == 0
    assert "no pretrained weights" in capsys.readouterr().out


def test_what_pytorch_has_downloaded_is_found(folder, fetched, tmp_path):
    cache = tmp_path / "cache" / "checkpoints" / FILE
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"weights")
    assert weights_file("open-mmlab://resnet101_v1c") == cache and not fetched


def test_weights_of_a_path_are_not_fetched(folder, fetched, tmp_path, capsys):
    own = ["--cfg-options", f"load_from={tmp_path}/own.pth"]
    assert main(["weights", "mmda::toy/adapted.py", "--fetch", *own]) == 1
    assert f"(load_from): missing; {tmp_path}/own.pth" in capsys.readouterr().out
    (tmp_path / "own.pth").write_bytes(b"weights")
    assert main(["weights", "mmda::toy/adapted.py", *own]) == 0


@pytest.mark.parametrize("first", [True, False])
def test_without_internet_every_process_says_what_to_do(folder, monkeypatch, first):
    def download(url, path, progress):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    monkeypatch.setattr(weights_files, "is_main_process", lambda: first)
    with pytest.raises(ConfigError, match=r"are not on this machine.*--fetch.*MMDA_WEIGHTS") as e:
        weights_file("open-mmlab://resnet101_v1c")
    assert ("Name or service not known" in str(e.value)) == first
    with pytest.raises(ConfigError, match="torchvision"):
        weights_file("torchvision://resnet101-of-nobody")
