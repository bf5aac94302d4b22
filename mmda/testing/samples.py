"""A tiny segmentor and random batches, without data on disk."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.config import ConfigDict
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor

from mmda.models import UDASegmentor
from mmda.registry import MODELS
from mmda.utils.logs import only_errors

CLASSES = 3
GROUP_NORM = dict(type="GN", num_groups=4, requires_grad=True)


def segmentor_config(
    norm: dict | None = None, aux: bool = False, dropout: float = 0.0, in_channels: int = 3
) -> dict[str, Any]:
    """Return the config of a ResNet-18 with one-layer heads.

    It has four feature maps of 8, 16, 32 and 64 channels, all of 1/8 of the image's size but the
    first, which is of 1/4, and :data:`CLASSES` classes.

    Args:
        norm: Config of the normalisation layers; by default group norm.
        aux: Whether there is an auxiliary head on the third feature map.
        dropout: Dropout ratio of the heads.
        in_channels: Bands of the images.
    """
    norm = norm or GROUP_NORM
    head = dict(
        type="FCNHead",
        channels=8,
        num_convs=1,
        kernel_size=1,
        concat_input=False,
        dropout_ratio=dropout,
        num_classes=CLASSES,
        norm_cfg=norm,
        align_corners=False,
        loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True),
    )
    config = dict(
        type="EncoderDecoder",
        backbone=dict(
            type="ResNet",
            depth=18,
            base_channels=8,
            in_channels=in_channels,
            strides=(1, 2, 1, 1),
            norm_cfg=norm,
        ),
        decode_head=dict(head, in_channels=64, in_index=3),
        train_cfg=dict(),
        test_cfg=dict(mode="whole"),
    )
    if aux:
        config["auxiliary_head"] = dict(head, in_channels=32, in_index=2)
    return config


def build_segmentor(config: dict | None = None, seed: int = 0, **kwargs: Any) -> UDASegmentor:
    """Build and initialise a ``UDASegmentor`` in training mode.

    Args:
        config: Config of its segmentor; by default :func:`segmentor_config`.
        seed: Seed of the weights.
        kwargs: Further arguments of ``UDASegmentor``, such as ``alignments``.
    """
    segmentor = segmentor_config() if config is None else config
    torch.manual_seed(seed)
    with only_errors():  # MMEngine lists every parameter that it initialises
        model = MODELS.build(ConfigDict(type="UDASegmentor", segmentor=segmentor, **kwargs))
        model.init_weights()
    return model.train()


def packed(labels: Tensor) -> list[SegDataSample]:
    """Return a sample for each of the labels (N, H, W), which are its pseudo-labels too."""
    return [
        SegDataSample(
            gt_sem_seg=PixelData(data=label[None]),
            pseudo_sem_seg=PixelData(data=label[None]),
            metainfo={"img_shape": label.shape},
        )
        for label in labels
    ]


def random_batch(
    n: int = 2,
    source: tuple[int, int] = (32, 32),
    target: tuple[int, int] | None = (32, 32),
    seed: int = 1,
    bands: int = 3,
) -> dict[str, dict]:
    """Return ``inputs`` and ``data_samples`` by domain, as the preprocessor gives them.

    Args:
        n: Images of each domain.
        source: Height and width of the source's images, in pixels.
        target: Those of the target's images; None for a batch without target.
        seed: Seed of the images and the labels.
        bands: Bands of the images.
    """
    generator = torch.Generator().manual_seed(seed)
    inputs, samples = {}, {}
    for domain, size in (("source", source), ("target", target)):
        if size is None:
            continue
        inputs[domain] = torch.randn(n, bands, *size, generator=generator)
        labels = torch.randint(0, CLASSES, (n, *size), generator=generator)
        samples[domain] = packed(labels)
    return {"inputs": inputs, "data_samples": samples}


def losses_of(model: UDASegmentor, data: dict, step: int = 0) -> dict[str, Tensor]:
    """Return the losses of iteration ``step``, counted from 0."""
    return model(**data, mode="loss", step=step)


def total_loss(losses: dict[str, Tensor]) -> Tensor:
    """Return what MMEngine minimises: the sum of the entries whose name contains ``loss``."""
    return sum(value for name, value in losses.items() if "loss" in name)  # type: ignore[return-value]
