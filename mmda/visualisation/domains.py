"""Images of both domains as figures show them, and what a model makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope

from mmda.errors import ConfigError
from mmda.models.alignments import DomainBatch, evaluating
from mmda.models.segmentors import UDASegmentor
from mmda.registry import DATASETS
from mmda.report.pictures import Picture, to_rgb
from mmda.utils.seeding import seeded
from mmda.visualisation.pipelines import colour_maps, find_set, without_augmentation

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class ShownImage:
    """One image of a domain.

    Attributes:
        picture: (H, W, 3) uint8, as the network sees it.
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


def open_domain(
    config: Config, domain: str, split: str = "val", seen_by: Config | None = None
) -> Any:
    """Build a domain's dataset without augmentation.

    Colour maps (``Match...``) that all images pass through stay: without them the network would
    see images of a look that it was not trained on.

    Args:
        config: A training config.
        domain: ``'source'``, always of the training set, or ``'target'``.
        split: Where target images come from: the training set (``'train'``, without labels), or
            the set of ``val_dataloader`` or ``test_dataloader``.
        seen_by: The config of another model, whose colour maps replace this config's: so several
            models are shown the same images, each in the look that it knows.

    Raises:
        ConfigError: When the config has no such set, or the other gives its images several
            looks.
    """
    place, dataset = find_set(config, domain, split)
    if not dataset:
        raise ConfigError(
            f"The config `{config.filename}` has no `{place}`, from which the {domain} image is "
            f"taken. Choose another split of {SPLITS}, or add the dataset."
        )
    init_default_scope("mmda")
    maps = None if seen_by is None else colour_maps(seen_by, domain, split)
    return DATASETS.build(without_augmentation(dataset, maps))


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
    with seeded(index):  # a colour map may draw the tile whose look it takes
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


def run_pair(model: UDASegmentor, source: ShownImage, target: ShownImage) -> dict[str, DomainBatch]:
    """Return the student's outputs for an image of each domain, as batches of one.

    Each is normalised with its own domain's statistics. The maps have the network's input size:
    cut them to the image's, as the input may be padded at its right and lower edge.
    """
    pair = {"source": source.packed, "target": target.packed}
    data = model.data_preprocessor(pseudo_collate([pair]), training=False)
    with torch.no_grad(), evaluating(model):
        return {
            domain: DomainBatch(
                images,
                data["data_samples"][domain],
                images,
                *model.features_and_logits(images),
                model.decode_head.align_corners,
            )
            for domain, images in data["inputs"].items()
        }
