"""The wrapper of timm's networks: with a small stand-in everywhere, with timm where it imports."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch
from mmengine.config import ConfigDict
from torch import nn

from mmda.engine.pretrained import check_pretrained
from mmda.errors import ConfigError
from mmda.models.backbones.timm_backbone import TimmBackbone, timm_normalisation
from mmda.registry import MODELS

try:
    import timm  # which imports torchvision, whose builds do not fit every torch
except (ImportError, RuntimeError):
    timm = None
needs_timm = pytest.mark.skipif(timm is None, reason="timm cannot be imported")


class Stages(nn.Module):
    """Two stages of stride 2, with the interface of timm's networks."""

    feature_info = [dict(num_chs=4, reduction=2), dict(num_chs=8, reduction=4)]

    def __init__(self, in_chans: int, num_classes: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_chans, 4, 2, 2)
        self.stage = nn.Conv2d(4, 8, 2, 2)
        self.head = nn.Linear(8, num_classes) if num_classes else nn.Identity()

    def prune_intermediate_layers(self, indices, prune_norm, prune_head=True):
        if max(indices) == 0:
            self.stage = nn.Identity()

    def forward_intermediates(self, x, indices, **options):
        stem = self.stem(x)
        return [feature for i, feature in enumerate((stem, self.stage(stem))) if i in indices]


@pytest.fixture
def stand_in(monkeypatch):
    module = ModuleType("timm")
    config = SimpleNamespace(mean=(0.5, 0.4, 0.3), std=(0.2, 0.2, 0.1))
    module.models = SimpleNamespace(
        is_model=lambda name: name == "stages",
        get_pretrained_cfg=lambda name: config if name == "stages" else None,
    )
    module.list_models = lambda: ["stages"]
    module.create_model = lambda name, pretrained, **options: Stages(**options)
    monkeypatch.setitem(sys.modules, "timm", module)


@pytest.mark.usefixtures("stand_in")
class TestStandIn:
    def test_features(self):
        backbone = TimmBackbone("stages", in_channels=5, out_indices=(0, -1))
        assert (backbone.channels, backbone.reductions) == ([4, 8], [2, 4])
        shapes = [tuple(f.shape) for f in backbone(torch.rand(2, 5, 8, 8))]
        assert shapes == [(2, 4, 4, 4), (2, 8, 2, 2)]

    def test_weights_by_timms_own_names(self, tmp_path):
        other = Stages(3, 10)
        torch.save(other.state_dict(), path := str(tmp_path / "weights.pth"))
        backbone = built(path)
        check_pretrained(backbone)
        backbone.init_weights()
        assert torch.equal(backbone.net.stage.weight, other.stage.weight)

    def test_weights_of_another_network(self, tmp_path):
        torch.save(nn.Conv2d(3, 3, 1).state_dict(), path := str(tmp_path / "weights.pth"))
        with pytest.raises(ConfigError, match="fit 0 of the 4 parameters"):
            check_pretrained(built(path))

    def test_own_checkpoints_load(self):
        one, two = (
            TimmBackbone("stages", out_indices=(1,)),
            TimmBackbone("stages", out_indices=(1,)),
        )
        assert not two.load_state_dict(one.state_dict()).missing_keys
        assert torch.equal(one.net.stem.weight, two.net.stem.weight)

    def test_normalisation(self):
        assert timm_normalisation("stages") == {
            "mean": pytest.approx([127.5, 102.0, 76.5]),
            "std": pytest.approx([51.0, 51.0, 25.5]),
        }

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (dict(name="stagez"), "timm has no network `stagez`. Did you mean `stages`?"),
            (dict(name="stages", out_indices=(2,)), "`out_indices` is (2,), but expected"),
            (dict(name="stages", output_stride=8), "`stages` cannot be made with"),
        ],
    )
    def test_wrong_options(self, options, message):
        with pytest.raises(ConfigError) as error:
            TimmBackbone(**options)
        assert message in str(error.value)


def built(path: str):
    init = dict(type="Pretrained", checkpoint=path)
    return MODELS.build(
        ConfigDict(type="TimmBackbone", name="stages", out_indices=(0, 1), init_cfg=init)
    )


def test_timm_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ConfigError, match="TimmBackbone needs `timm`"):
        TimmBackbone("resnet18")


@needs_timm
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("test_resnet", {}),
        ("test_efficientnet", {}),
        ("resnet10t", dict(output_stride=8, in_channels=4)),
        ("test_convnext", dict(out_indices=(0, 3), output_stride=16)),
        ("test_vit", dict(out_indices=(-1,), dynamic_img_size=True)),
    ],
)
def test_networks_of_timm(name, options):
    torch.manual_seed(0)
    backbone = TimmBackbone(name, **options)
    features = backbone(torch.rand(1, options.get("in_channels", 3), 64, 64))
    sizes = zip(backbone.channels, backbone.reductions, strict=True)
    assert [tuple(f.shape[1:]) for f in features] == [(c, 64 // r, 64 // r) for c, r in sizes]
    sum(feature.sum() for feature in features).backward()
    assert all(p.grad is not None for p in backbone.parameters())
    whole = timm.create_model(name, in_chans=options.get("in_channels", 3))
    assert not backbone.load_state_dict(dict(whole.state_dict()), strict=False).missing_keys


def test_weights_are_read_by_our_loader_alone():
    with pytest.raises(ConfigError, match=r'type="Pretrained", checkpoint="a.pth"'):
        TimmBackbone("small", checkpoint_path="a.pth")
