"""A converted network gives what the public code computes from the same weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from published_networks import (
    classified,
    deeplab_pytorch_names,
    features,
    random_weights,
)

import mmda
from mmda.cli import main
from mmda.engine.inference import load_model, logits
from mmda.engine.launch import load_config

TASK = ("--classes", "no", "yes")
NO_SCALE = torch.tensor([104.008, 116.669, 122.675]).view(3, 1, 1)


def images(height=64, width=73) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (2, 3, height, width), generator=generator).float()


def converted(tmp_path, state, **options):
    """Convert weights and load what was written; return the conversion and the model."""
    torch.save(state, tmp_path / "public.pth")
    done = mmda.convert(tmp_path / "public.pth", tmp_path / "out/ours.pth", **options)
    return done, load_model(done.config, done.checkpoint, "cpu")


def check(model, rgb, expected, align_corners=True):
    """Compare a model's logits, and the probabilities of its predictor, with the reference's."""
    with torch.no_grad():
        inputs = model.data_preprocessor({"inputs": list(rgb)})["inputs"]
        found = model.segmentor.decode_head(model.segmentor.extract_feat(inputs))
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
        size = rgb.shape[-2:]
        resized = F.interpolate(expected, size, mode="bilinear", align_corners=align_corners)
        torch.testing.assert_close(logits(model, inputs), resized, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("layout", "heads", "summed"),
    [
        ("adaptsegnet", {"layer5": 3, "layer6": 4}, 2),
        ("advent", {"layer5": 3, "layer6": 4}, 4),
        ("advent-single", {"layer6": 4}, 4),
        ("bdl", {"layer5": 4}, 4),
        ("deeplab", {"layer5": 4}, 2),
    ],
)
def test_one_classifier_on_the_last_layer_predicts(tmp_path, layout, heads, summed):
    state = random_weights(heads=heads)
    done, model = converted(tmp_path, state, layout=layout)
    rgb = images()
    maps = features(state, rgb)
    assert maps[4].shape[-2:] == (9, 10)  # without rounding up, 8 x 10
    check(model, rgb, classified(state, max(heads), maps[4], summed))
    assert done.layout == layout and done.classes[0] == "road" and len(done.classes) == 19
    auxiliary = model.segmentor.auxiliary_head if model.segmentor.with_auxiliary_head else None
    assert (auxiliary is not None) == (len(heads) == 2)
    if auxiliary is not None:
        inputs = model.data_preprocessor({"inputs": list(rgb)})["inputs"]
        with torch.no_grad():
            found = auxiliary(model.segmentor.extract_feat(inputs))
        expected = classified(state, "layer5", maps[3], summed)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_clans_two_classifiers_are_summed(tmp_path):
    state = random_weights(heads={"layer5": 4, "layer6": 4})
    done, model = converted(tmp_path, state)
    assert done.layout == "clan" and not model.segmentor.with_auxiliary_head
    last = features(state, images())[4]
    expected = classified(state, "layer5", last, 4) + classified(state, "layer6", last, 4)
    check(model, images(), expected)


@pytest.mark.parametrize(
    ("wrapper", "shortcut", "classifier"),
    [("module.base.", "shortcut", "aspp.c"), ("scale.", "proj", "aspp.stages.c")],
)
def test_deeplab_pytorchs_names(tmp_path, wrapper, shortcut, classifier):
    state = random_weights(classes=2)
    public = deeplab_pytorch_names(state, shortcut, classifier)
    public = {f"{wrapper}{name}": value for name, value in public.items()}
    done, model = converted(tmp_path, public, classes=["no", "yes"])
    assert done.layout == "deeplab-pytorch" and list(done.classes) == ["no", "yes"]
    last = features(state, images(), NO_SCALE)[4]
    check(model, images(), classified(state, "layer5", last, 4), align_corners=False)


def test_the_command_and_the_prediction(tmp_path, capsys):
    state = random_weights(classes=2, blocks=(3, 4, 6, 3))
    public, ours = tmp_path / "public.pth", tmp_path / "ours.pth"
    torch.save({f"module.Scale.{name}": value for name, value in state.items()}, public)
    arguments = ["convert", str(public), "--out", str(ours), "--layout", "deeplab", *TASK]
    assert main(arguments) == 0
    assert "2 classes" in capsys.readouterr().out
    model = mmda.load_model(tmp_path / "ours.py", ours, device="cpu")
    pixels = images().byte().numpy()
    expected = classified(state, "layer5", features(state, images())[4], 2)
    expected = F.interpolate(expected, pixels.shape[-2:], mode="bilinear", align_corners=True)
    found = model.predictor(pixels)
    np.testing.assert_allclose(found, expected.softmax(1).numpy(), atol=1e-5)
    assert main(arguments) == 2
    assert "exists. Remove it" in capsys.readouterr().err


def test_the_config_has_data_and_alignments_and_starts_from_the_weights(tmp_path):
    state = random_weights(heads={"layer5": 3, "layer6": 4})
    name = "mmda::uda/output_space/multi-level_deeplabv2-r101_120k_gta52cityscapes.py"
    done, model = converted(tmp_path, state, layout="adaptsegnet", like=name)
    config = load_config(done.config)
    assert config.load_from == done.checkpoint.as_posix()
    assert config.model.alignments.output.type == "OutputAdversarial"
    assert list(config.model.data_preprocessor.std) == [1.0, 1.0, 1.0]
    assert config.model.segmentor.backbone.type == "DeepLabResNet"
    assert "init_cfg" not in config.model.segmentor.backbone
    assert config.test_dataloader.dataset.data_root == "data/cityscapes"
    assert list(model.alignments) == ["output"]
