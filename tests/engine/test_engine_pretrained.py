"""Weights of another network are refused, with the names of what they lack."""

from __future__ import annotations

import re

import pytest
import torch
from core_samples import SOURCE_ONLY
from mmengine.config import ConfigDict
from model_samples import build, segmentor_config

from mmda.cli import main
from mmda.engine.inference import build_model
from mmda.engine.pretrained import check_pretrained
from mmda.errors import ConfigError
from mmda.registry import MODELS


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "weights.pth")


def model(path, **changes):
    config = segmentor_config()
    config["backbone"].update(init_cfg=dict(type="Pretrained", checkpoint=path, **changes))
    return built(config)


def built(config):
    """Return a model whose weights are not initialised yet."""
    return MODELS.build(ConfigDict(type="UDASegmentor", segmentor=config))


def weights(**changes) -> dict:
    config = segmentor_config()
    config["backbone"].update(changes)
    return build(config, seed=5).segmentor.backbone.state_dict()


def prefixed(state, prefix):
    return {prefix + key: value for key, value in state.items()}


@pytest.mark.parametrize(
    ("write", "changes"),
    [
        (lambda s: s, {}),
        (lambda s: {"state_dict": s, "meta": {}}, {}),
        (lambda s: {"state_dict": prefixed(s, "module.")}, {}),
        (lambda s: {"state_dict": prefixed(s, "backbone.")}, {"prefix": "backbone."}),
        (lambda s: {k: v for k, v in s.items() if k != "conv1.weight"}, {}),
    ],
    ids=["bare", "checkpoint", "module", "prefix", "all but one"],
)
def test_weights_that_fit(path, write, changes):
    state = weights()
    torch.save(write(state), path)
    made = model(path, **changes)
    check_pretrained(made)
    made.init_weights()
    own = made.segmentor.backbone.state_dict()
    assert torch.equal(own["layer1.0.conv1.weight"], state["layer1.0.conv1.weight"])


@pytest.mark.parametrize(
    ("state", "named"),
    [
        (lambda: {"epoch": 3}, "`conv1.weight` is missing"),
        (lambda: prefixed(weights(), "backbone."), "`conv1.weight` is missing"),
        (lambda: prefixed(weights(), "encoder."), "fit 0 of the"),
        (
            lambda: weights(base_channels=16),
            r"conv1.weight` has the shape \(16, \d+, 3, 3\), not",
        ),
        (lambda: weights(depth=50), r"has the shape .* and \d+ more"),
    ],
    ids=["no weights", "other prefix", "other names", "wider", "deeper"],
)
def test_weights_of_another_network(path, state, named):
    torch.save(state(), path)
    with pytest.raises(ConfigError, match=r"of `segmentor\.backbone` \(ResNet\)") as error:
        check_pretrained(model(path))
    assert re.search(named, str(error.value))
    assert f"`{path}` fit " in str(error.value)


def test_the_border_is_nine_tenths(path):
    state = weights()
    names = [name for name, _ in build().segmentor.backbone.named_parameters()]
    for missing, fits in ((len(names) // 10, True), (len(names) // 10 + 1, False)):
        torch.save({k: v for k, v in state.items() if k not in names[:missing]}, path)
        if fits:
            check_pretrained(model(path))
            continue
        with pytest.raises(ConfigError, match=f"fit {len(names) - missing} of the {len(names)} "):
            check_pretrained(model(path))


def test_heads_and_whole_segmentors_count_too(path):
    torch.save(build(seed=5).segmentor.state_dict(), path)
    for part in (None, "decode_head"):
        config = segmentor_config()
        target = config if part is None else config[part]
        target["init_cfg"] = dict(type="Pretrained", checkpoint=path, prefix=part)
        check_pretrained(built(config))
        target["init_cfg"] = dict(type="Pretrained", checkpoint=path, prefix="neck")
        with pytest.raises(ConfigError, match="fit 0 of the"):
            check_pretrained(built(config))


def test_backbones_with_a_loading_of_their_own(path):
    """Swin takes the backbone's weights out of a whole network."""
    swin = dict(
        type="mmseg.SwinTransformer", embed_dims=8, depths=(1, 1), num_heads=(1, 2),
        strides=(4, 2), out_indices=(0, 1), window_size=2,
    )  # fmt: skip
    config = segmentor_config()
    config["backbone"] = dict(swin)
    config["decode_head"].update(in_channels=16, in_index=1)
    state = build(config).segmentor.backbone.state_dict()
    config["backbone"] = dict(swin, init_cfg=dict(type="Pretrained", checkpoint=path))
    torch.save({"state_dict": prefixed(state, "backbone.")}, path)
    check_pretrained(built(config))
    torch.save({"state_dict": prefixed(state, "encoder.")}, path)
    with pytest.raises(ConfigError, match=r"\(SwinTransformer\)"):
        check_pretrained(built(config))


def test_training_and_figures_check_them(write_config, path, tmp_path, capsys):
    torch.save({"conv1.weight": torch.zeros(1)}, path)
    init = f"""
model["segmentor"]["backbone"]["init_cfg"] = dict(type="Pretrained", checkpoint={path!r})
"""
    config = write_config(SOURCE_ONLY + init)
    assert main(["train", config, "--work-dir", str(tmp_path / "w")]) == 2
    assert f"The weights `{path}` fit 0 of the" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="fit 0 of the"):
        build_model(config, initial=True)
    build_model(config)  # another checkpoint is about to replace them
