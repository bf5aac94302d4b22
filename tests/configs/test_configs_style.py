"""The configs of `style` load, agree with their transfers, and do one training step."""

from __future__ import annotations

import re

import torch
from config_samples import CONFIGS, STYLE, load, name
from loops import for_each
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmseg.structures import SegDataSample

from mmda.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS

FULL = [path for path in STYLE if not path.stem.startswith("toy")]
every = for_each("path", STYLE, ids=name)


def test_there_is_one_for_every_transfer():
    datasets = (CONFIGS / "_base_" / "datasets").glob("*2*.py")
    transfers = {path.stem.split("_")[0] for path in datasets}  # without variants
    assert {path.stem.split("_")[-1] for path in FULL} == transfers


@every
def test_no_labels_are_read_and_nothing_is_evaluated(path):
    config = load(path)
    for domain in ("source", "target"):
        dataset = config.train_dataloader.dataset[domain]
        assert dataset.labelled is False
        assert dataset.data_root == config[f"{domain}_root"]
        assert dataset.get("split", "train") == "train"
    assert config.val_dataloader is None
    assert config.test_dataloader is None


@for_each("path", FULL, ids=name)
def test_name_and_published_settings(path):
    config = load(path)
    source, target = re.fullmatch(
        r"cyclegan(?:-[a-z]+)?_resnet9_200k_(\w+)2(\w+)", path.stem
    ).groups()
    assert config.source_root.startswith(f"data/{source}")
    assert config.target_root.startswith(f"data/{target}")
    street = target in ("cityscapes", "robotcar")
    turns = any(t.type == "RandomRotate90" for t in config.train_dataloader.dataset.source.pipeline)
    assert turns is not street
    assert (config.model.generator.channels, config.model.generator.blocks) == (64, 9)
    (decay,) = config.param_scheduler
    assert (decay.begin, decay.end) == (100_000, config.train_cfg.max_iters)


ONE_STEP = [STYLE[0], *(CONFIGS / "style").glob("toy*.py")]


@for_each("path", ONE_STEP, ids=name)
def test_one_training_step(path):
    init_default_scope("mmda")
    MMLogger.get_current_instance().setLevel("ERROR")
    config = load(path)
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    optimisation = config.optim_wrapper.to_dict()
    constructor = dict(type=optimisation.pop("constructor"), optim_wrapper_cfg=optimisation)
    wrapper = OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model)
    if hasattr(model, "segmentor"):
        model.loaded = frozenset(["segmentor"])
    learning = [p for p in model.parameters() if p.requires_grad]
    before = [p.detach().clone() for p in learning]
    image = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8)
    batch = {d: dict(inputs=[image], data_samples=[SegDataSample()]) for d in ("source", "target")}
    logs = model.train().train_step(batch, wrapper)
    assert all(torch.isfinite(value).all() for value in logs.values())
    moved = [not torch.equal(a, b) for a, b in zip(before, learning, strict=True)]
    assert sum(moved) > 0.9 * len(moved)
    assert {type(part.optimizer).__name__ for part in wrapper.values()} == {"Adam"}
    assert {g["lr"] for part in wrapper.values() for g in part.optimizer.param_groups} == {2e-4}
