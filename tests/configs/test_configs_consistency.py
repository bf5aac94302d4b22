"""Every config loads, and its parts agree with each other."""

from __future__ import annotations

import re
from pathlib import Path

from config_samples import FULL_SCALE, LEAVES, load, name, sources
from loops import for_each

from mmda.datasets.street import SYNTHIA_13, SYNTHIA_16
from mmda.registry import DATASETS

# The labels of these sets' official test are withheld.
REPORTED = {"inria": "val", "deepglobe": "val"}
HEADS = {
    "deeplabv2": "DeepLabV2Head",
    "deeplabv3plus": "DepthwiseSeparableASPPHead",
    "fcn": "FCNHead",
}
WITHOUT_NORM = ("DeepLabVGG16",)
every_config = for_each("path", LEAVES, ids=name)
PUBLISHED = [
    p for p in FULL_SCALE if p.parent.name in ("source_only", "target_only", "output_space")
]
every_full_scale_config = for_each("path", FULL_SCALE, ids=name)


def datasets(config):
    loaders = [config.get("val_dataloader"), config.test_dataloader]
    used = [config.train_dataloader.dataset.get("target")]
    used += [loader.dataset for loader in loaders if loader is not None]
    return sources(config) + [dataset for dataset in used if dataset is not None]


def test_there_are_configs():
    assert len(FULL_SCALE) >= 72
    assert len(LEAVES) > len(FULL_SCALE)


@every_config
def test_classes_of_data_heads_and_alignments_agree(path):
    config = load(path)
    segmentor = config.model.segmentor
    infos = [DATASETS.get(dataset.type).METAINFO for dataset in datasets(config)]
    classes = {len(info["classes"]) for info in infos if "classes" in info}
    heads = [segmentor.decode_head, segmentor.get("auxiliary_head")]
    alignments = config.model.get("alignments", {}).values()
    found = {
        part["num_classes"] for part in [*heads, *alignments] if part and "num_classes" in part
    }
    assert len(found) == 1
    assert classes <= found  # a TiledDataset takes its classes from the data


@every_config
def test_target_labels_are_kept_out_of_training_and_of_model_selection(path):
    config = load(path)
    paired, test = config.train_dataloader.dataset, config.test_dataloader.dataset
    if config.get("val_dataloader") is not None:
        assert config.val_dataloader.dataset.data_root == test.data_root
        assert config.val_dataloader.dataset.split == "val"
    assert test.split == REPORTED.get(Path(test.data_root).name, "test")
    assert "save_best" not in config.default_hooks.checkpoint
    source_free = path.name.startswith("source_free")
    assert (paired.source is None) == source_free
    assert {source.get("split", "train") for source in sources(config)} <= {"train"}
    if path.name.startswith(("target-only", "target_only")):
        assert paired.target is None
        assert paired.source.data_root == test.data_root
        return
    assert test.data_root not in {source.data_root for source in sources(config)}
    if path.name.startswith(("source-only", "source_only")):
        assert paired.target is None
    if paired.get("target") is not None:
        assert paired.target.data_root == test.data_root
        assert paired.target.labelled is False
        assert paired.target.get("split", "train") == "train"


@every_config
def test_training_needs_a_target_exactly_where_there_are_alignments(path):
    config = load(path)
    has_target = config.train_dataloader.dataset.get("target") is not None
    assert has_target == bool(config.model.get("alignments"))


@every_full_scale_config
def test_name_says_method_network_schedule_and_transfer(path):
    config = load(path)
    pattern = r"[a-z0-9-]+_([a-z0-9]+)-[a-z0-9-]+_(\d+)k_([a-z0-9]+)2([a-z]+)\.py"
    match = re.fullmatch(pattern, path.name)
    assert match, f"{path.name} does not follow method_network_schedule_source2target.py"
    network, thousands, source, target = match.groups()
    head = config.model.segmentor.decode_head.type
    assert HEADS.get(network, head) == head
    assert config.train_cfg.max_iters == config.max_iters == 1000 * int(thousands)
    assert config.source_root.startswith(f"data/{source}")
    assert config.target_root.startswith(f"data/{target}")


@for_each("path", PUBLISHED, ids=name)
def test_published_optimisers_and_schedule(path):
    config = load(path)
    parts = config.optim_wrapper.optimizers
    assert dict(parts.segmentor.optimizer) == dict(
        type="SGD", lr=2.5e-4, momentum=0.9, weight_decay=5e-4
    )
    assert dict(parts.discriminator.optimizer) == dict(type="Adam", lr=1e-4, betas=(0.9, 0.99))
    (poly,) = config.param_scheduler
    assert (poly.type, poly.power, poly.end) == ("PolyLR", 0.9, 250_000)
    assert config.train_cfg.max_iters == 120_000
    assert config.train_cfg.max_iters % config.train_cfg.val_interval == 0


@every_full_scale_config
def test_no_layer_mixes_the_domains(path):
    segmentor = load(path).model.segmentor
    backbone = segmentor.backbone
    assert backbone.type in WITHOUT_NORM or backbone.norm_eval is True
    heads = [segmentor.decode_head, segmentor.get("auxiliary_head") or {}]
    assert {head.get("norm_cfg", {}).get("type", "GN") for head in heads} == {"GN"}


@for_each("path", [p for p in FULL_SCALE if "synthia2" in p.name], ids=name)
def test_synthia_is_scored_over_16_and_13_classes(path):
    for evaluator in (load(path).val_evaluator, load(path).test_evaluator):
        assert evaluator.main == "16"
        assert set(evaluator.subsets["16"]) == set(SYNTHIA_16)
        assert set(evaluator.subsets["13"]) == set(SYNTHIA_13)
