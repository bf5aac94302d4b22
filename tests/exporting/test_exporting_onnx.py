"""An ONNX file gives the model's probabilities for images of any size."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import mmda
from mmda.cli import main
from mmda.engine.inference import build_model
from mmda.errors import ConfigError
from mmda.exporting import onnx_file

SMALL = """
model["data_preprocessor"] = dict(size_divisor=8)
model["segmentor"]["backbone"].update(num_stages=1, strides=(1,), dilations=(1,), out_indices=(0,))
model["segmentor"]["decode_head"] = dict(
    _delete_=True, type="DeepLabV2Head", in_channels=8, in_index=0, num_classes=2,
    dilations=(1, 2), align_corners=True, loss_decode=dict(type="CrossEntropyLoss"),
)
"""


@pytest.fixture
def arguments(write_config, tmp_path):
    """Config and checkpoint of an untrained, calibrated model."""
    config = write_config(SMALL)
    meta = {"dataset_meta": {"classes": ["background", "building"]}, "temperature": 0.5}
    state = build_model(config, initial=True).state_dict()
    torch.save({"meta": meta, "state_dict": state}, tmp_path / "iter_1.pth")
    return config, str(tmp_path / "iter_1.pth")


@pytest.mark.filterwarnings("ignore:When align_corners=True")
def test_onnxruntime_gives_the_models_probabilities(arguments, tmp_path, capsys):
    path = tmp_path / "out/model.onnx"
    assert main(["export", *arguments, "--out", str(path)]) == 0
    assert "onnxruntime's probabilities differ from the model's by" in capsys.readouterr().out
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    model = mmda.load_model(*arguments, device="cpu")
    for size in ((3, 3, 41, 70), (1, 3, 128, 33)):
        pixels = np.random.default_rng(0).integers(0, 256, size).astype(np.uint8)
        (found,) = session.run(None, {"image": pixels.astype(np.float32)})
        np.testing.assert_allclose(found, model.predictor(pixels), atol=1e-4)
    meta = session.get_modelmeta().custom_metadata_map
    assert json.loads(meta["dataset_meta"])["classes"] == ["background", "building"]
    assert json.loads(meta["temperature"]) == 0.5 and "raw pixel values" in meta["input"]
    assert [item.name for item in path.parent.iterdir()] == ["model.onnx"]

    model.network.temperature = 3.0  # the check of the same file, for another model
    assert onnx_file._difference(model.network, path, (1, 32, 32)) > 1e-3


def test_an_odd_file_is_not_kept(arguments, tmp_path, monkeypatch):
    program = SimpleNamespace(model_proto=onnx.ModelProto())
    monkeypatch.setattr(onnx_file, "_exported", lambda network: program)
    monkeypatch.setattr(onnx_file, "_difference", lambda *_: 0.1)
    model = mmda.load_model(*arguments, device="cpu")
    with pytest.raises(ConfigError, match=r"differ from the model's by 0\.1.*not written"):
        mmda.export(model, tmp_path / "out/model.onnx")
    assert list((tmp_path / "out").iterdir()) == []
