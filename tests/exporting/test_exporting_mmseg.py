"""MMSegmentation itself loads what is exported for it, and predicts what mmda does."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from core_samples import ADAPTED
from mmengine.config import Config

import mmda
from mmda.api.exporting import write_model
from mmda.cli import main
from mmda.engine.inference import build_model
from mmda.errors import ConfigError

CLASSES = {"classes": ["background", "building"], "palette": [[0, 0, 0], [255, 0, 0]]}
DEEPLAB_HEAD = """
model["segmentor"]["decode_head"] = dict(
    _delete_=True, type="DeepLabV2Head", in_channels=64, in_index=-1, num_classes=2,
    loss_decode=dict(type="CrossEntropyLoss"),
)
"""
SIZE = 'model["data_preprocessor"] = dict(size_divisor=16)\n'
LOAD = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy as np
from mmseg.apis import inference_model, init_model

pixels = np.load("pixels.npy")
for name in sys.argv[1:]:
    model = init_model(f"{name}.py", f"{name}.pth", device="cpu")
    assert ("mmda" in sys.modules) == (name == "own"), name
    assert model.dataset_meta["classes"] == ["background", "building"]
    done = inference_model(model, np.ascontiguousarray(pixels[..., ::-1]))  # blue, green, red
    np.save(f"{name}.npy", done.seg_logits.data.numpy())
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def untrained(config, folder):
    """A model with random weights, and its checkpoint."""
    state = build_model(config, initial=True).state_dict()
    torch.save({"meta": {"dataset_meta": CLASSES}, "state_dict": state}, folder / "iter_1.pth")
    return mmda.load_model(config, folder / "iter_1.pth", device="cpu")


def test_mmsegmentation_predicts_the_same(write_config, folder):
    plain = untrained(write_config(ADAPTED + SIZE), folder)
    own = untrained(write_config(ADAPTED + SIZE + DEEPLAB_HEAD), folder)
    assert write_model(plain, "plain.pth").needs == []
    assert write_model(own, "own.pth").needs == ["DeepLabV2Head"]
    pixels = np.random.default_rng(0).integers(0, 256, (40, 52, 3)).astype(np.uint8)
    np.save("pixels.npy", pixels)
    command = [sys.executable, "-c", LOAD, "plain", "own"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, model in (("plain", plain), ("own", own)):
        found = torch.from_numpy(np.load(f"{name}.npy")).softmax(0)
        expected = model.predictor(pixels.transpose(2, 0, 1)[None])[0]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_command_names_what_is_mmdas_own(write_config, folder, capsys):
    config = write_config(DEEPLAB_HEAD)
    untrained(config, folder)
    command = ["export", config, "iter_1.pth", "--out", "out/model.pth"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "mmda has to be installed to load it: DeepLabV2Head is mmda's own" in out
    assert Config.fromfile("out/model.py").custom_imports == {"imports": ["mmda.models"]}
    assert main(command) == 2
    assert "`out/model.pth` exists. Remove it" in capsys.readouterr().err


def test_a_model_that_adapts_to_images_is_not_exported(write_config, folder):
    model = untrained(write_config(), folder)
    model.network.test_time = object()
    with pytest.raises(ConfigError, match=r"adapts to each image.*test_time=None"):
        mmda.export(model, "model.pth")
    assert not (folder / "model.pth").exists()
