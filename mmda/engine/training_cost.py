"""The cost of a training iteration, which methods differ in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mmda.engine.inference import without_pretrained
from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.models.alignments import PatchAlignment, PseudoLabels
from mmda.models.segmentors import UDASegmentor
from mmda.registry import MODELS
from mmda.utils.seeding import seeded

LATE = 10**9
"""Iterations done: every alignment is active."""


@dataclass(frozen=True)
class TrainingCost:
    """What an iteration with one image of each domain costs, when every alignment is active.

    Attributes:
        macs: Multiply-adds of forward and backward passes, the teacher's included. Only
            convolutions and matrix products are counted.
        activations: Bytes of the tensors that the forward pass keeps for the backward pass, without
            the model's parameters and buffers. They grow with the pixels and the batch.
        parameters: Parameters that are trained.
    """

    macs: int
    activations: int
    parameters: int


def training_cost(
    config_path: str | Path, size: tuple[int, int], cfg_options: dict | None = None
) -> TrainingCost:
    """Count what a training iteration of a config costs, on random images and labels.

    Args:
        config_path: A config of a segmentor.
        size: Height and width of the images in pixels.
        cfg_options: Overrides of the config.

    Raises:
        ConfigError: When the config is faulty or its model is no segmentor.
    """
    config = load_config(config_path, cfg_options)
    init_default_scope("mmda")
    without_pretrained(config.model)
    with seeded(0):
        model = MODELS.build(config.model)
    if not isinstance(model, UDASegmentor):
        raise ConfigError(f"`{config_path}`: its model is no segmentor, so no training is counted.")
    with seeded(0):
        _prepare(model)
        model.train()
        domains = ["source", "target"] if model.needs else ["source"]
        bands = len(config.model.data_preprocessor["mean"])
        images = {name: torch.randn(1, bands, *size) for name in domains}
        samples = {name: [_sample(size, model.num_classes)] for name in domains}
        model.loss(images, samples, LATE)  # banks of features and the like are empty before
        own = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers())}
        saved = SavedTensors(own)
        with FlopCounterMode(display=False) as counter, saved:
            losses = model.loss(images, samples, LATE)
            total = sum(v for k, v in losses.items() if "loss" in k and v.requires_grad)
            assert isinstance(total, Tensor)
            total.backward()
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return TrainingCost(counter.get_total_flops() // 2, saved.bytes, trained)


def _prepare(model: UDASegmentor) -> None:
    """Give alignments what hooks give them in a training."""
    for alignment in model.alignments.modules():
        if isinstance(alignment, PatchAlignment):
            alignment.modes.set(torch.rand_like(alignment.modes.centroids))
        if isinstance(alignment, PseudoLabels):
            alignment.set_kept_shares([0.5] * model.num_classes)


def _sample(size: tuple[int, int], classes: int) -> SegDataSample:
    """Return a sample with random labels in squares of 16 pixels."""
    small = torch.randint(0, classes, tuple(-(-side // 16) for side in size))
    labels = small.repeat_interleave(16, 0).repeat_interleave(16, 1)[None, : size[0], : size[1]]
    return SegDataSample(
        gt_sem_seg=PixelData(data=labels), pseudo_sem_seg=PixelData(data=labels.clone())
    )


class SavedTensors(torch.autograd.graph.saved_tensors_hooks):
    """Counts the bytes of the storages that the forward pass keeps for the backward pass.

    Args:
        known: Addresses of storages that are not counted, such as the parameters'.

    Attributes:
        bytes: The sum, each storage once.
    """

    def __init__(self, known: set[int]) -> None:
        self.bytes = 0
        self._known = set(known)
        self._kept: list[Any] = []  # an address is not used again while its storage exists
        super().__init__(self._pack, lambda tensor: tensor)

    def _pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._known and not isinstance(tensor, nn.Parameter):
            self._known.add(storage.data_ptr())
            self._kept.append(storage)
            self.bytes += storage.nbytes()
        return tensor
