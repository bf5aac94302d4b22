"""Images of both domains for figures, and a model's outputs for them."""

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
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments import DomainBatch, DomainImages, evaluating
from mmda.models.segmentors import TwinEncoderDecoder, UDASegmentor
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
        truth: Class ids (H, W) uint8, 255 = ignore; None if the data are not labelled.
        packed: The sample for the model's preprocessor.
    """

    picture: Picture
    truth: Picture | None
    packed: dict[str, Any]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.picture.shape[:2]

    @property
    def valid(self) -> np.ndarray:
        """Which pixels count, (H, W) bool."""
        samples, images = [self.packed["data_samples"]], self.packed["inputs"][None]
        return DomainImages(images, samples, images).valid()[0].numpy()


def open_domain(
    config: Config, domain: str, split: str = "val", seen_by: Config | None = None
) -> Any:
    """Build a domain's dataset without augmentation.

    Colour maps (``Match...``) that are applied to all images are kept, because the network was
    trained on images with that look.

    Args:
        config: A training config.
        domain: ``'source'``, for which the training set is used, or ``'target'``.
        split: Set of the target images: the training set (``'train'``, without labels), or that of
            ``val_dataloader`` or ``test_dataloader``.
        seen_by: The config of another model, whose colour maps replace those of ``config``. So
            several models can predict the same images, each in the look of its training.

    Raises:
        ConfigError: When ``config`` has no such set, or ``seen_by`` gives its images several looks.
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
        index: Index in the dataset, from 0.
        name: Name of the setting that gives the index, for the message.

    Raises:
        ConfigError: When ``index`` is out of range.
    """
    if not 0 <= index < len(dataset):
        raise ConfigError(
            f"`{name}` is {index}, but `{getattr(dataset, 'data_root', dataset)}` has "
            f"{len(dataset)} images; expected 0 to {len(dataset) - 1}."
        )
    with seeded(index):  # a colour map may choose a target tile at random
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

    Each image is normalised with the statistics of its domain. The logits of the head ``decode``
    are those that predict: the sum of both classifiers of a segmentor that has two. The input may
    be padded at its right and lower edge, so that maps of its size must be cut to the image's size.
    """
    pair = {"source": source.packed, "target": target.packed}
    data = model.data_preprocessor(pseudo_collate([pair]), training=False)
    with torch.no_grad(), evaluating(model):
        return {
            domain: DomainBatch(
                images,
                data["data_samples"][domain],
                images,
                *_seen(model, images),
                model.decode_head.align_corners,
            )
            for domain, images in data["inputs"].items()
        }


def _seen(model: UDASegmentor, images: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Return feature maps and logits by head, in which ``decode`` is what predicts."""
    feats, logits = model.features_and_logits(images)
    if isinstance(model.segmentor, TwinEncoderDecoder):
        logits["decode"] = model.segmentor.predicted(logits)
    return feats, logits
