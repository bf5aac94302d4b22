"""Images of both domains as figures show them, and what a model makes of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from torch import nn

from mmda.errors import ConfigError
from mmda.models.alignments import DomainBatch
from mmda.models.segmentors import UDASegmentor
from mmda.registry import DATASETS
from mmda.report.pictures import Picture, to_rgb

SPLITS = ("train", "val", "test")
PLAIN = ("Load", "Resize", "Pack")  # transforms that a figure keeps; the others draw numbers


@dataclass(frozen=True)
class ShownImage:
    """One image of a domain.

    Attributes:
        picture: (H, W, 3) uint8.
        truth: Class ids (H, W) uint8, 255 = ignore; None where the data are not labelled.
        packed: The sample as the model's preprocessor takes it.
    """

    picture: Picture
    truth: Picture | None
    packed: dict[str, Any]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.picture.shape[:2]


def open_domain(config: Config, domain: str, split: str = "val") -> Any:
    """Build a domain's dataset without augmentation.

    Args:
        config: A training config.
        domain: ``'source'``, always of the training set, or ``'target'``.
        split: Where target images come from: the training set (``'train'``, without labels), or
            the set of ``val_dataloader`` or ``test_dataloader``.

    Raises:
        ConfigError: When the config has no such set.
    """
    if domain == "source" or split == "train":
        place = f"train_dataloader.dataset.{domain}"
        dataset = ((config.get("train_dataloader") or {}).get("dataset") or {}).get(domain)
    else:
        place = f"{split}_dataloader.dataset"
        dataset = (config.get(f"{split}_dataloader") or {}).get("dataset")
    if not dataset:
        raise ConfigError(
            f"The config `{config.filename}` has no `{place}`, from which the {domain} image is "
            f"taken. Choose another split of {SPLITS}, or add the dataset."
        )
    init_default_scope("mmda")
    return DATASETS.build(_without_augmentation(copy.deepcopy(dataset)))


def _without_augmentation(part: Any) -> Any:
    """Cut every pipeline in a dataset's config, wrappers included, down to plain transforms."""
    if isinstance(part, (list, tuple)):
        return [_without_augmentation(one) for one in part]
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "pipeline":
                part[key] = [step for step in value if str(step["type"]).startswith(PLAIN)]
            else:
                part[key] = _without_augmentation(value)
    return part


def read_shown(dataset: Any, index: int, name: str) -> ShownImage:
    """Read one image.

    Args:
        dataset: What :func:`open_domain` returned.
        index: Its place in the dataset, from 0.
        name: What the user calls the index, for the message.

    Raises:
        ConfigError: When there is no such image.
    """
    if not 0 <= index < len(dataset):
        raise ConfigError(
            f"`{name}` is {index}, but `{getattr(dataset, 'data_root', dataset)}` has "
            f"{len(dataset)} images; expected 0 to {len(dataset) - 1}."
        )
    packed = dataset[index]
    picture = to_rgb(packed["inputs"].numpy())
    truth = None
    if "gt_sem_seg" in packed["data_samples"]:
        truth = packed["data_samples"].gt_sem_seg.data[0].numpy().astype(np.uint8)
        if truth.shape != picture.shape[:2]:  # a label of the original size
            size = picture.shape[1::-1]
            truth = np.asarray(cv2.resize(truth, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    return ShownImage(picture, truth, packed)


def spread_pairs(source: Any, target: Any, count: int) -> Iterator[tuple[ShownImage, ShownImage]]:
    """Yield ``count`` pairs of images, spread evenly over both datasets."""
    for part in np.linspace(0, 1, count):
        yield (
            read_shown(source, round(part * (len(source) - 1)), "source"),
            read_shown(target, round(part * (len(target) - 1)), "target"),
        )


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Run a model in evaluation mode and without gradient; put each module's mode back after."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def run_pair(model: UDASegmentor, source: ShownImage, target: ShownImage) -> dict[str, DomainBatch]:
    """Return the student's outputs for an image of each domain, as batches of one.

    Each is normalised with its own domain's statistics. The maps have the network's input size:
    cut them to the image's, as the input may be padded at its right and lower edge.
    """
    pair = {"source": source.packed, "target": target.packed}
    data = model.data_preprocessor(pseudo_collate([pair]), training=False)
    with evaluating(model):
        return {
            domain: DomainBatch(
                images,
                data["data_samples"][domain],
                *model.features_and_logits(images),
                images,
                model.decode_head.align_corners,
            )
            for domain, images in data["inputs"].items()
        }
