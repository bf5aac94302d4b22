"""One optimiser per part of the model, each parameter in exactly one."""

from __future__ import annotations

import pytest
import torch
from mmengine.config import ConfigDict
from model_samples import BATCH_NORM, CLASSES, build, segmentor_config

from mmda.engine import JointOptimWrapperConstructor
from mmda.errors import ConfigError

SEGMENTOR = dict(params="segmentor.*", optimizer=dict(type="SGD", lr=0.1, weight_decay=0.01))
DISCRIMINATOR = dict(
    params="alignments.*discriminator*", optimizer=dict(type="Adam", lr=0.001, betas=(0.9, 0.99))
)
BOTH = dict(segmentor=SEGMENTOR, discriminator=DISCRIMINATOR)
ADVERSARIAL = dict(
    type="OutputAdversarial",
    num_classes=CLASSES,
    discriminator=dict(type="PixelDiscriminator", channels=4, num_layers=2),
)


def construct(model, **config):
    return JointOptimWrapperConstructor(ConfigDict(optimizers=BOTH, **config))(model)


def owned(model, wrapper, name: str) -> set[str]:
    ids = {id(p) for group in wrapper[name].optimizer.param_groups for p in group["params"]}
    return {n for n, p in model.named_parameters() if id(p) in ids}


@pytest.fixture
def model():
    return build(alignments=dict(adv=ADVERSARIAL), teacher=dict(momentum=0.9))


@pytest.mark.parametrize("paramwise", [None, dict(norm_decay_mult=0.0)])
def test_each_optimiser_owns_its_part_and_no_other(model, paramwise):
    config = dict(BOTH, segmentor=dict(SEGMENTOR, paramwise_cfg=paramwise))
    wrapper = JointOptimWrapperConstructor(ConfigDict(optimizers=config))(model)
    names = {n for n, _ in model.named_parameters()}
    assert owned(model, wrapper, "segmentor") == {n for n in names if n.startswith("segmentor.")}
    expected = {n for n in names if n.startswith("alignments.")}
    assert owned(model, wrapper, "discriminator") == expected
    assert isinstance(wrapper["segmentor"].optimizer, torch.optim.SGD)
    assert isinstance(wrapper["discriminator"].optimizer, torch.optim.Adam)
    assert {g["lr"] for g in wrapper["discriminator"].optimizer.param_groups} == {0.001}


def test_building_leaves_the_model_trainable(model):
    before = {n: p.requires_grad for n, p in model.named_parameters()}
    construct(model)
    assert {n: p.requires_grad for n, p in model.named_parameters()} == before


def test_learning_rates_by_part(model):
    paramwise = dict(
        custom_keys={"decode_head": dict(lr_mult=10.0, decay_mult=0.0)}, norm_decay_mult=0.0
    )
    config = dict(BOTH, segmentor=dict(SEGMENTOR, paramwise_cfg=paramwise))
    wrapper = JointOptimWrapperConstructor(ConfigDict(optimizers=config))(model)
    groups = wrapper["segmentor"].optimizer.param_groups
    settings = {id(p): (g["lr"], g["weight_decay"]) for g in groups for p in g["params"]}
    for name, parameter in model.segmentor.named_parameters():
        if "decode_head" in name:
            assert settings[id(parameter)] == (1.0, 0.0), name
        else:
            assert settings[id(parameter)][0] == 0.1, name
    norms = [m for m in model.segmentor.backbone.modules() if isinstance(m, torch.nn.GroupNorm)]
    assert {settings[id(m.weight)] for m in norms} == {(0.1, 0.0)}
    convolution = next(m for m in model.segmentor.modules() if isinstance(m, torch.nn.Conv2d))
    assert settings[id(convolution.weight)] == (0.1, 0.01)
    assert len(groups) <= 4  # one group per parameter would be slow


def test_an_optimiser_without_parameters_is_left_out():
    assert list(construct(build()).keys()) == ["segmentor"]


def test_frozen_parameters_are_in_no_optimiser():
    model = build(segmentor_config(BATCH_NORM))
    model.segmentor.backbone.conv1.requires_grad_(False)
    assert "segmentor.backbone.conv1.weight" not in owned(model, construct(model), "segmentor")


def test_options_reach_the_wrapper(model):
    config = dict(BOTH, segmentor=dict(SEGMENTOR, clip_grad=dict(max_norm=3.0)))
    wrapper = JointOptimWrapperConstructor(
        ConfigDict(optimizers=config, accumulative_counts=4, precision="bf16", type="OptimWrapper")
    )(model)
    assert (wrapper.accumulative_counts, wrapper.precision) == (4, "bf16")
    assert wrapper["segmentor"].clip_grad_kwargs == {"max_norm": 3.0}


@pytest.mark.parametrize(
    ("optimizers", "message"),
    [
        (dict(segmentor=SEGMENTOR), "`alignments.adv.discriminators.decode.layers.0.bias`.*none"),
        (
            dict(BOTH, head=dict(SEGMENTOR, params=["x", "segmentor.decode_head.*"])),
            r"`segmentor.decode_head.*several: \['segmentor', 'head'\]",
        ),
        (None, "must have `optimizers`"),
        ({}, "must have `optimizers`"),
    ],
)
def test_faulty_routes(model, optimizers, message):
    with pytest.raises(ConfigError, match=message):
        JointOptimWrapperConstructor(ConfigDict(optimizers=optimizers))(model)


def test_common_paramwise_options_are_refused():
    with pytest.raises(ConfigError, match="its own `paramwise_cfg`"):
        JointOptimWrapperConstructor(ConfigDict(optimizers=BOTH), dict(bias_lr_mult=2))
