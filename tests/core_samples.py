"""Tiny domains, models and configs for the tests of the core."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin

from mmda.raster import RasterLabels, RunOptions, Scene, TileOptions, tile_dataset
from mmda.tasks import TASKS

REPO = Path(__file__).resolve().parents[1]
TILE = 64  # pixels
SCENES = {"source": ("train", "train", "val"), "target": ("train", "val", "test")}
LOOK = {"source": (60.0, 160.0), "target": (90.0, 140.0)}  # grey of class 0 and 1

# Inherits the repository's own base files, shrunk to seconds.
TRAINING = f"""
_base_ = [
    "{REPO}/configs/_base_/toy_runtime.py",
    "{REPO}/configs/_base_/models/toy_r18.py",
    "{REPO}/configs/_base_/datasets/toy.py",
    "{REPO}/configs/_base_/schedules/toy.py",
]
augment = [
    dict(type="LoadTile"),
    dict(type="RandomCrop", crop_size=(32, 32)),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
    dict(type="KeepWeakView"),
    dict(type="RadiometricJitter", blur=1.0),
    dict(type="PackDomainInputs"),
]
train_dataloader = dict(
    batch_size=2,
    dataset=dict(source=dict(pipeline=augment), target=dict(pipeline=augment)),
)
model = dict(
    segmentor=dict(
        backbone=dict(base_channels=8, norm_cfg=dict(num_groups=4)),
        decode_head=dict(
            in_channels=[8, 16, 32, 64], channels=8, dropout_ratio=0.5, norm_cfg=dict(num_groups=4)
        ),
    ),
)
param_scheduler = [dict(type="PolyLR", power=0.9, eta_min=1e-6, by_epoch=False, begin=0, end=8)]
train_cfg = dict(type="IterBasedTrainLoop", max_iters=6, val_interval=2)
default_hooks = dict(
    logger=dict(interval=1), checkpoint=dict(interval=1, max_keep_ckpts=-1)
)
log_level = "WARNING"
"""

# A CycleGAN of two small blocks.
STYLE = f"""
_base_ = "{REPO}/configs/style/toy.py"
pipeline = [
    dict(type="LoadTile"),
    dict(type="RandomCrop", crop_size=(16, 16)),
    dict(type="RandomFlip", prob=0.5),
    dict(type="PackDomainInputs"),
]
train_dataloader = dict(
    dataset=dict(source=dict(pipeline=pipeline), target=dict(pipeline=pipeline)),
)
model = dict(
    generator=dict(channels=4, blocks=1),
    discriminator=dict(channels=4, num_layers=1),
    pool_size=2,
)
param_scheduler = [dict(type="LinearLR", start_factor=1.0, end_factor=0.0, by_epoch=False,
                        begin=2, end=8)]
train_cfg = dict(max_iters=6)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=1, max_keep_ckpts=-1))
log_level = "WARNING"
"""

# Adversarial alignment and self-training together: every kind of state that a run has.
ADAPTED = """
model["alignments"] = dict(
    adversarial=dict(
        type="OutputAdversarial", num_classes=2, discriminator=dict(
            type="PixelDiscriminator", channels=4, num_layers=3)),
    self_training=dict(type="SelfTraining", threshold=0.5, start=1),
)
model["teacher"] = dict(momentum=0.9)
model["evaluate"] = "teacher"
"""

SOURCE_ONLY = """
train_dataloader["dataset"]["target"] = None
"""


def write_scene(path: Path, label: np.ndarray, image: np.ndarray) -> Path:
    """Write an image (H, W, B) and its mask as GeoTIFFs; return the mask's path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = path.with_name(f"{path.stem}_mask.tif")
    profile: dict[str, Any] = dict(
        driver="GTiff",
        height=label.shape[0],
        width=label.shape[1],
        crs=32633,
        transform=from_origin(500000, 5000000, 0.5, 0.5),
    )
    with rasterio.open(path, "w", count=image.shape[2], dtype=image.dtype, **profile) as raster:
        raster.write(np.moveaxis(image, -1, 0))
    with rasterio.open(mask, "w", count=1, dtype="uint8", **profile) as raster:
        raster.write(label, 1)
    return mask


def draw_scene(seed: int, look: tuple[float, float], size: int = 2 * TILE) -> tuple:
    """Return a label (H, W) of blocks and an image (H, W, 3) whose grey follows it."""
    rng = np.random.default_rng(seed)
    label = np.kron(rng.integers(0, 2, (size // 16, size // 16)), np.ones((16, 16))).astype("uint8")
    grey = np.asarray(look)[label][..., None] + np.array([0.0, 10.0, -10.0])
    image = np.clip(grey + rng.normal(0, 12, (size, size, 3)), 0, 255).astype("uint8")
    return label, image


def write_domain(scenes: Path, out: Path, domain: str, fmt: str = "tif") -> None:
    """Generate and tile one domain: scenes of 2 x 2 tiles of 64 pixels."""
    listed = []
    for number, split in enumerate(SCENES[domain]):
        label, image = draw_scene(10 * len(domain) + number + (domain == "target"), LOOK[domain])
        path = scenes / f"{domain}{number}.tif"
        mask = write_scene(path, label, image)
        listed.append(Scene(f"{domain}{number}", str(path), split, RasterLabels(str(mask))))
    task = TASKS["buildings"]
    options = TileOptions("buildings", domain, task.classes, TILE, format=fmt, palette=task.palette)
    tile_dataset(listed, out, options, RunOptions(workers=1, progress=False))


def watched_style(training: str) -> str:
    """Return :data:`STYLE` with all terms of a segmentor, that of the config file `training`."""
    from mmda.engine.launch import load_config

    model = load_config(training).model.to_dict()
    weights = dict(perceptual=0.1, perceptual_cycle=10.0, semantic=0.1)
    return STYLE + (
        f"\nmodel.update(weights={weights}, segmentor={model['segmentor']},"
        f"\n    segmentor_preprocessor={model['data_preprocessor']})\n"
    )
