"""Every config's model does one training step on small random crops.

What the configs add to large backbones is tried on small ones in a fraction of the time: with the
same strides, one block per stage and a quarter of the channels. Each backbone is also tried whole.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
import torch
from alignment_cases import with_fitted_groups
from config_samples import LEAVES, load, name
from loops import for_each
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.models.backbones import ResNet
from mmseg.structures import SegDataSample
from torch import nn

from mmda.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS

PUBLISHED = {"source-only", "target-only", "single-level", "multi-level", "feature-level", "advent"}
DISCRIMINATORS = {
    "GroupAlignment": "ConditionalDiscriminator",
    "OutputAdversarial": "PixelDiscriminator",
}
BY_BASE_CHANNELS = ("ResNetV1c", "DeepLabVGG16")
SIZE = 64  # pixels: the smallest image that a five-layer discriminator can judge


SHORT_RESNETS = {
    depth: (block, (1,) * len(blocks)) for depth, (block, blocks) in ResNet.arch_settings.items()
}
every_config = for_each("path", LEAVES, ids=name)


@MODELS.register_module()
def shared_segmentor(key: str) -> nn.Module:
    """Build a segmentor once: building a ResNet-101 takes longer than its training step."""
    return _segmentor(key)


@cache
def _segmentor(key: str) -> nn.Module:
    return MODELS.build(json.loads(key))


def shrink(model: dict) -> None:
    """Leave a quarter of the channels of a large backbone and of what reads its features.

    Of HRNet's stages one block is left; those of ResNets are in its class, see ``SHORT_RESNETS``.
    Discriminators are as narrow.
    """
    for alignment in model.get("alignments", {}).values():
        if alignment["type"] in DISCRIMINATORS:
            default = dict(type=DISCRIMINATORS[alignment["type"]], channels=64)
            wide = {**default, **alignment.get("discriminator", {})}
            alignment["discriminator"] = {**wide, "channels": wide["channels"] // 4}
    backbone = model["segmentor"]["backbone"]
    if backbone["type"] not in ("HRNet", *BY_BASE_CHANNELS):
        return
    for stage in backbone.get("extra", {}).values():
        channels = [number // 4 for number in stage["num_channels"]]
        stage.update(num_modules=1, num_blocks=[1] * len(channels), num_channels=channels)
    if backbone["type"] in BY_BASE_CHANNELS:
        backbone["base_channels"] = 16
    for part in ("decode_head", "auxiliary_head"):
        head = model["segmentor"].get(part) or {}
        if head.get("type") == "DepthwiseSeparableASPPHead":
            head["channels"] //= 4
    quarter(model)


def quarter(node: dict) -> None:
    """Divide all input channels in a nested dict by 4."""
    for key, value in node.items():
        if isinstance(value, dict):
            quarter(value)
        elif key in ("in_channels", "c1_in_channels"):
            node[key] = [n // 4 for n in value] if isinstance(value, list) else value // 4


@cache
def train_once(key: str, short: bool) -> dict:
    """Do one step of a model with an optimiser; configs that share both share the step."""
    model_config, optim_config, last = json.loads(key)
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        if short:
            patch.setattr(ResNet, "arch_settings", SHORT_RESNETS)
            shrink(model_config)
        shared = dict(type="shared_segmentor", key=json.dumps(model_config["segmentor"]))
        model = MODELS.build({**model_config, "segmentor": shared})
    with_fitted_groups(model)
    constructor = optim_config.pop("constructor")
    wrapper = OPTIM_WRAPPER_CONSTRUCTORS.build(
        dict(type=constructor, optim_wrapper_cfg=optim_config)
    )(model)
    parts = {
        "backbone": model.segmentor.backbone,
        "decode_head": model.segmentor.decode_head,
        "auxiliary_head": getattr(model.segmentor, "auxiliary_head", None),
        "alignments": model.alignments,
    }
    parts = {k: part for k, part in parts.items() if part is not None and trainable(part)}
    before = {k: [p.detach().clone() for p in trainable(part)] for k, part in parts.items()}
    logs = model.train().train_step(batch(model.num_classes, last), wrapper)
    moved = {
        k: [not torch.equal(old, new) for old, new in zip(before[k], trainable(part), strict=True)]
        for k, part in parts.items()
    }
    names = {id(p): n for n, p in model.named_parameters()}
    owned = {
        k: [names[id(p)] for group in part.optimizer.param_groups for p in group["params"]]
        for k, part in wrapper.items()
    }
    rates = {
        names[id(p)]: group["lr"]
        for part in wrapper.values()
        for group in part.optimizer.param_groups
        for p in group["params"]
    }
    learnt = sorted(n for n, p in model.named_parameters() if p.requires_grad)
    model.zero_grad(set_to_none=True)
    return dict(logs=logs, moved=moved, owned=owned, rates=rates, learnt=learnt)


def trainable(module: nn.Module) -> list[nn.Parameter]:
    return [p for p in module.parameters() if p.requires_grad]


def batch(classes: int, last: int) -> dict:
    """A batch of an iteration at which every alignment is active."""
    domains = {domain: sample(classes, domain == "source") for domain in ("source", "target")}
    return domains | {"step": last}


def sample(classes: int, labelled: bool) -> dict:
    image = torch.randint(0, 256, (3, SIZE, SIZE), dtype=torch.uint8)
    label = torch.randint(0, classes, (1, SIZE, SIZE))
    kind = "gt_sem_seg" if labelled else "pseudo_sem_seg"
    packed = SegDataSample(**{kind: PixelData(data=label)})
    return dict(inputs=[image], data_samples=[packed])


@pytest.fixture(scope="module", autouse=True)
def _quiet_single_thread():
    init_default_scope("mmda")
    MMLogger.get_current_instance().setLevel("ERROR")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    train_once.cache_clear()
    _segmentor.cache_clear()


def train_step(path: Path, short: bool = True) -> dict:
    """Do one step of a config's model, short or in full."""
    return train_once(key_of(path), short)


@cache
def key_of(path: Path) -> str:
    """Return all that a config's step hangs on."""
    config = load(path)
    model = config.model.to_dict()
    model["segmentor"]["backbone"].pop("init_cfg", None)  # no download
    return json.dumps([model, config.optim_wrapper.to_dict(), config.train_cfg.max_iters - 1])


def one_of_each_backbone() -> list[Path]:
    backbones = {json.dumps(load(path).model.segmentor.backbone): path for path in LEAVES}
    return list(backbones.values())


@every_config
def test_one_training_step(path):
    check(path, train_step(path))


def test_each_backbone_at_its_full_depth(subtests):
    for path in one_of_each_backbone():
        with subtests.test(name(path)):
            check(path, train_step(path, short=False))


def check(path: Path, step: dict) -> None:
    """All losses are finite, all parts learn, and each parameter has the optimiser of its part."""
    config = load(path)
    losses = {key: value for key, value in step["logs"].items() if "loss" in key}
    assert all(torch.isfinite(value).all() for value in losses.values()), losses
    for alignment in config.model.get("alignments", {}):
        assert any(key.startswith(f"{alignment}.") for key in losses)
    assert {"backbone", "decode_head"} <= set(step["moved"])
    for part, flags in step["moved"].items():
        # A bias in front of a group norm, or a ReLU that is shut everywhere, may stay put.
        assert sum(flags) >= 0.5 * len(flags), f"{part}: {sum(flags)} of {len(flags)} moved"

    owned = step["owned"]
    assert sorted(n for names in owned.values() for n in names) == step["learnt"]
    assert all(n.startswith("segmentor.") for n in owned["segmentor"])
    assert all(n.startswith("alignments.") for n in owned.get("discriminator", []))


@for_each("path", [p for p in LEAVES if p.stem.split("_")[0] in PUBLISHED], ids=name)
def test_heads_learn_ten_times_faster(path):
    for parameter, rate in train_step(path)["rates"].items():
        if parameter.startswith("segmentor."):
            assert rate == pytest.approx(2.5e-4 * (1 if "backbone" in parameter else 10))
        else:
            assert rate == pytest.approx(1e-4)
