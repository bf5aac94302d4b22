"""The full-scale data pipelines, on tiny tiled datasets laid out as the configs expect."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from config_samples import FULL_SCALE, load, name, sources
from loops import for_each
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope

from mmda.converters.robotcar import RobotCar
from mmda.datasets import StreetDataset
from mmda.engine.data_check import check_data
from mmda.engine.launch import load_config
from mmda.raster import RasterLabels, RunOptions, Scene, TileOptions, tile_dataset
from mmda.raster.dataset.manifest import read_manifest
from mmda.registry import DATASETS, METRICS, MODELS
from mmda.tasks import TASKS

STREET = ("gta5", "synthia", "cityscapes")
AERIAL = {
    "massachusetts_buildings": "buildings",
    "inria": "buildings",
    "massachusetts_roads": "roads",
    "deepglobe": "roads",
}
STREET_SIZE = (48, 96)  # height, width of the written images
SIZES = {
    "gta5": (720, 1280),
    "synthia": (760, 1280),
    "cityscapes": (512, 1024),
    "robotcar": (768, 1024),
}  # height, width of what is trained on; tiles elsewhere
TINY = dict(
    type="EncoderDecoder",
    backbone=dict(type="ResNet", depth=18, base_channels=4, norm_eval=True),
    decode_head=dict(
        type="DeepLabV2Head",
        in_channels=32,
        in_index=3,
        num_classes=19,
        align_corners=False,
        loss_decode=dict(type="CrossEntropyLoss"),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode="whole"),
)


def write_dataset(root, scratch, dataset, classes, size, tile):
    """Write three labelled scenes, one per split, and tile them (``None``: keep them whole)."""
    rng, scenes = np.random.default_rng(0), []
    for split in ("train", "val", "test"):
        image, label = scratch / f"{dataset}_{split}.png", scratch / f"{dataset}_{split}_label.png"
        cv2.imwrite(str(image), rng.integers(1, 255, (*size, 3), dtype=np.uint8))
        cv2.imwrite(str(label), rng.integers(0, len(classes), size, dtype=np.uint8))
        scenes.append(Scene(split, str(image), split, RasterLabels(str(label))))
    options = TileOptions("test", "target", classes, tile, format="png")
    tile_dataset(scenes, root / dataset, options, RunOptions(progress=False))


@pytest.fixture(scope="module")
def data_root(tmp_path_factory):
    init_default_scope("mmda")
    root, scratch = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("scratch")
    for dataset in STREET:
        classes = StreetDataset.METAINFO["classes"]
        write_dataset(root, scratch, dataset, classes, STREET_SIZE, tile=None)
    write_dataset(root, scratch, "robotcar", RobotCar.CLASSES, STREET_SIZE, tile=None)
    for dataset, task in AERIAL.items():
        write_dataset(root, scratch, dataset, TASKS[task].classes, (512, 512), tile=512)
    for path in FULL_SCALE:
        if path.stem.startswith("intrada"):  # the target at once as its easy and its hard tiles
            made, target = (Path(load(path)[f"{name}_root"]).name for name in ("source", "target"))
            (root / made).symlink_to(root / target)
            (tile,) = read_manifest(root / target, "train")
            (root / target / "hard.txt").write_text(tile["id"])
    read = {Path(one.data_root).name for path in FULL_SCALE for one in sources(load(path))}
    for translated in read:
        if not (root / translated).exists():
            (root / translated).symlink_to(root / translated.partition("_as_")[0])
    return root


def distinct_data(paths):
    """Return one config of each set of data loaders."""
    chosen = {}
    for path in paths:
        config = load(path)
        parts = [config.train_dataloader, config.val_dataloader, config.test_dataloader]
        chosen.setdefault(json.dumps([part and part.to_dict() for part in parts]), path)
    return list(chosen.values())


@for_each("path", distinct_data(FULL_SCALE), ids=name)
def test_datasets_yield_samples_of_the_published_size(path, data_root, monkeypatch):
    monkeypatch.setenv("MMDA_DATA_ROOT", str(data_root))
    config = load_config(path)
    check_data(config, training=True)
    check_data(config, training=False)
    assert config.source_root.startswith(str(data_root))
    sample = DATASETS.build(config.train_dataloader.dataset)[0]

    source, target = path.stem.split("_")[-1].split("2")
    target_size = SIZES.get(target, (512, 512))
    in_target = path.stem.startswith(("target-only", "intrada"))
    source_size = target_size if in_target else SIZES.get(source, (512, 512))
    assert sample["source"]["inputs"].shape == (3, *source_size)
    assert sample["source"]["data_samples"].gt_sem_seg.data.shape == (1, *source_size)
    if "target" in sample:
        assert sample["target"]["inputs"].shape == (3, *target_size)
        assert "gt_sem_seg" not in sample["target"]["data_samples"]


@pytest.mark.parametrize("loader", ["val_dataloader", "test_dataloader"])
def test_street_scores_are_taken_at_the_labels_own_size(loader, data_root, monkeypatch):
    monkeypatch.setenv("MMDA_DATA_ROOT", str(data_root))
    path = next(p for p in FULL_SCALE if p.stem.endswith("_synthia2cityscapes"))
    config = load_config(path)
    dataset = DATASETS.build(config[loader].dataset)
    sample = dataset[0]
    label = cv2.imread(sample["data_samples"].seg_map_path, cv2.IMREAD_UNCHANGED)
    assert sample["inputs"].shape == (3, 512, 1024)
    np.testing.assert_array_equal(sample["data_samples"].gt_sem_seg.data[0].numpy(), label)

    processor = config.model.data_preprocessor
    model = MODELS.build(
        ConfigDict(type="UDASegmentor", segmentor=TINY, data_preprocessor=processor)
    )
    with torch.no_grad():
        batch = {"inputs": [sample["inputs"]], "data_samples": [sample["data_samples"]]}
        (result,) = model.eval().test_step(batch)
    assert result.pred_sem_seg.data.shape == (1, *STREET_SIZE)

    metric = METRICS.build(config.test_evaluator)
    metric.dataset_meta = dataset.metainfo
    metric.process(batch, [result.to_dict()])
    scores = metric.evaluate(1)
    assert scores["mIoU"] == scores["mIoU/16"]
    assert {"mIoU/13", "IoU/train"} <= set(scores)
