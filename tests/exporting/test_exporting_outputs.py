"""Files that cannot be written are refused before a model is loaded."""

from __future__ import annotations

import pytest

from mmda.cli import main


def refused(path, capsys, message):
    assert main(["export", "gone.py", "gone.pth", "--out", str(path)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["model.pth", "model.onnx", "model.safetensors"])
def test_a_file_that_exists(tmp_path, capsys, name):
    path = tmp_path / name
    path.write_text("kept")
    refused(path, capsys, f"{name}` exists. Remove it")
    assert path.read_text() == "kept"


def test_the_config_of_an_mmsegmentation_checkpoint_exists(tmp_path, capsys):
    (tmp_path / "model.py").touch()
    refused(tmp_path / "model.pth", capsys, "model.py` exists. Remove it")


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").touch()
    refused(tmp_path / "file/out/model.onnx", capsys, "model.onnx` cannot be written (Not a dir")


def test_another_suffix(tmp_path, capsys):
    refused(tmp_path / "model.pt", capsys, "must end in .safetensors, .pth or .onnx")
