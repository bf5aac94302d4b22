"""MMSegmentation itself loads what is exported for it, and predicts what mmda does."""

from __future__ import annotations

import subprocess
import sys

import cv2
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
BANDS = """
model["data_preprocessor"] = dict(
    _delete_=True, type="DomainDataPreprocessor", mean=[90.0] * {0}, std=[40.0] * {0})
model["segmentor"]["backbone"]["in_channels"] = {0}
"""
SIZE = 'model["data_preprocessor"] = dict(size_divisor=16)\n'
LOAD = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy as np
from mmseg.apis import inference_model, init_model

pixels = np.load("pixels.npy")  # of four bands
images = {"grey": "grey.png", "four": pixels}  # others read blue, green, red
for name in ("plain", "grey", "own", "four"):
    model = init_model(f"{name}.py", f"{name}.pth", device="cpu")
    assert ("mmda" in sys.modules) == (name in ("own", "four")), name
    assert model.dataset_meta["classes"] == ["background", "building"]
    done = inference_model(model, images.get(name, np.ascontiguousarray(pixels[..., 2::-1])))
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
    grey = untrained(write_config(BANDS.format(1)), folder)
    four = untrained(write_config(BANDS.format(4)), folder)
    assert write_model(plain, "plain.pth").needs == []
    assert write_model(own, "own.pth").needs == ["DeepLabV2Head"]
    assert "reads files as 8 bit" in write_model(grey, "grey.pth").notes[0]
    exported = write_model(four, "four.pth")
    assert exported.needs == ["DomainDataPreprocessor"]
    assert "No loader of MMSegmentation fits files of 4 bands" in exported.notes[0]
    pixels = np.random.default_rng(0).integers(0, 256, (40, 52, 4)).astype(np.uint8)
    np.save("pixels.npy", pixels)
    cv2.imwrite("grey.png", pixels[..., 0])
    command = [sys.executable, "-c", LOAD]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    models = {"plain": (plain, 3), "grey": (grey, 1), "own": (own, 3), "four": (four, 4)}
    for name, (model, bands) in models.items():
        found = torch.from_numpy(np.load(f"{name}.npy")).softmax(0)
        expected = model.predictor(pixels[..., :bands].transpose(2, 0, 1)[None])[0]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_command_names_what_is_mmdas_own(write_config, folder, capsys):
    config = write_config(DEEPLAB_HEAD)
    untrained(config, folder)
    command = ["export", config, "iter_1.pth", "--out", "out/model.pth"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "mmda has to be installed to load it: DeepLabV2Head is mmda's own" in out
    assert Config.fromfile("out/model.py").custom_imports == {"imports": ["mmda.models"]}


def test_the_lost_temperature_is_told(write_config, folder):
    model = untrained(write_config(), folder)
    model.network.temperature = 2.0
    notes = write_model(model, "model.pth").notes
    assert "does not divide the logits by the temperature 2 of `mmda calibrate`" in notes[1]
    assert all(f"# {note}" in (folder / "model.py").read_text() for note in notes)


def test_a_model_that_adapts_to_images_is_not_exported(write_config, folder):
    model = untrained(write_config(), folder)
    model.network.test_time = object()
    with pytest.raises(ConfigError, match=r"adapts to each image.*test_time=None"):
        mmda.export(model, "model.pth")
    assert not (folder / "model.pth").exists()
