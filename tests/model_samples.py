"""Tiny segmentors and batches, without data on disk."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.config import ConfigDict
from mmengine.logging import MessageHub, MMLogger
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmda.models import UDASegmentor
from mmda.registry import MODELS

CLASSES = 3
GROUP_NORM = dict(type="GN", num_groups=4, requires_grad=True)
BATCH_NORM = dict(type="BN", requires_grad=True)


def segmentor_config(
    norm: dict | None = None, aux: bool = False, dropout: float = 0.0, in_channels: int = 3
) -> dict[str, Any]:
    """Return a ResNet-18 of width 8 with a one-layer head, and optionally an auxiliary one."""
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


def build(config: dict | None = None, seed: int = 0, **kwargs: Any) -> UDASegmentor:
    """Build and initialise a ``UDASegmentor`` around ``config``, in training mode."""
    MMLogger.get_current_instance().setLevel("ERROR")  # it lists every parameter it initialises
    torch.manual_seed(seed)
    set_step(0)
    segmentor = segmentor_config() if config is None else config
    model = MODELS.build(ConfigDict(type="UDASegmentor", segmentor=segmentor, **kwargs))
    model.init_weights()
    return model.train()


def set_step(step: int) -> None:
    """Set the iteration that the model reads from the message hub, as a Runner does."""
    MessageHub.get_current_instance().update_info("iter", step)


def samples(labels: torch.Tensor) -> list[SegDataSample]:
    """Wrap labels (N, H, W), which stand for pseudo-labels too."""
    return [
        SegDataSample(
            gt_sem_seg=PixelData(data=label[None]),
            pseudo_sem_seg=PixelData(data=label[None]),
            metainfo={"img_shape": label.shape},
        )
        for label in labels
    ]


def batch(
    n: int = 2,
    source: tuple[int, int] = (32, 32),
    target: tuple[int, int] | None = (32, 32),
    seed: int = 1,
    bands: int = 3,
) -> dict[str, dict]:
    """Return ``inputs`` and ``data_samples`` by domain, as the preprocessor gives them."""
    generator = torch.Generator().manual_seed(seed)
    inputs, data = {}, {}
    for domain, size in (("source", source), ("target", target)):
        if size is None:
            continue
        inputs[domain] = torch.randn(n, bands, *size, generator=generator)
        labels = torch.randint(0, CLASSES, (n, *size), generator=generator)
        data[domain] = samples(labels)
    return {"inputs": inputs, "data_samples": data}


def losses_of(model: UDASegmentor, data: dict) -> dict[str, torch.Tensor]:
    """Return the losses of one iteration."""
    return model(**data, mode="loss")


def total(losses: dict[str, torch.Tensor]) -> torch.Tensor:
    """Sum what MMEngine sums: the entries whose name contains ``loss``."""
    return sum(value for name, value in losses.items() if "loss" in name)  # type: ignore[return-value]
