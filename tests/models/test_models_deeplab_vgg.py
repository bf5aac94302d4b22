"""DeepLab's VGG-16: the layers of the public code, torchvision's weights, any number of bands."""

from __future__ import annotations

import pytest
import torch
from mmcv.cnn import VGG
from mmengine.config import ConfigDict
from torch import nn

from mmda.engine.pretrained import check_pretrained
from mmda.errors import ConfigError
from mmda.models.backbones import DeepLabVGG16
from mmda.registry import MODELS


def classifier_weights() -> dict:
    """Return weights as torchvision has them: with poolings counted, and a classifier."""
    torch.manual_seed(0)
    layers = VGG(16).features
    state = {f"features.{name}": value for name, value in layers.state_dict().items()}
    return state | {"classifier.0.weight": torch.rand(4, 512), "classifier.0.bias": torch.rand(4)}


def public_code(state: dict) -> nn.Sequential:
    """Return the layers as AdaptSegNet's deeplab_vgg.py arranges torchvision's."""
    features = VGG(16).features
    features.load_state_dict(
        {k.removeprefix("features."): v for k, v in state.items() if k.startswith("features.")}
    )
    layers = [features[i] for i in [*range(23), *range(24, 30)]]
    for i in (23, 25, 27):
        layers[i].dilation = layers[i].padding = (2, 2)
    return nn.Sequential(*layers)


@pytest.fixture
def weights(tmp_path):
    torch.save(state := classifier_weights(), path := str(tmp_path / "vgg16.pth"))
    return state, path


def built(path: str, **options) -> DeepLabVGG16:
    init = dict(type="Pretrained", checkpoint=path)
    return MODELS.build(ConfigDict(type="DeepLabVGG16", init_cfg=init, **options))


def test_it_computes_what_the_public_code_does(weights):
    state, path = weights
    backbone = built(path)
    check_pretrained(backbone)
    backbone.init_weights()
    images = torch.rand(1, 3, 40, 56)
    conv5, fc7 = backbone(images)
    torch.testing.assert_close(conv5, public_code(state)(images))
    assert conv5.shape == (1, 512, 5, 7)
    fc6, _, last, _ = backbone.fully_connected
    expected = nn.functional.conv2d(conv5, fc6.weight, fc6.bias, padding=4, dilation=4).relu()
    expected = nn.functional.conv2d(expected, last.weight, last.bias, padding=4, dilation=4).relu()
    torch.testing.assert_close(fc7, expected)


def test_every_layer_learns():
    torch.manual_seed(0)
    backbone = DeepLabVGG16(base_channels=8)
    backbone(torch.rand(1, 3, 32, 32))[1].sum().backward()
    assert len(list(backbone.parameters())) == 2 * (13 + 2)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in backbone.parameters())


def test_other_bands_and_widths():
    conv5, fc7 = DeepLabVGG16(in_channels=5, base_channels=4)(torch.rand(1, 5, 16, 16))
    assert (conv5.shape, fc7.shape) == ((1, 32, 2, 2), (1, 64, 2, 2))


def test_weights_of_another_network(tmp_path):
    torch.save(nn.Conv2d(3, 3, 1).state_dict(), path := str(tmp_path / "weights.pth"))
    with pytest.raises(ConfigError, match="fit 0 of the 26 parameters of `trunk`"):
        check_pretrained(built(path))
