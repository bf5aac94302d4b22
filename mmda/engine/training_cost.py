"""The cost of a training iteration, which methods differ in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mmda.engine.inference import without_pretrained
from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.models.alignments import PatchAlignment, PseudoLabels
from mmda.models.grouping import FittedGrouping
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
    _, model = build_segmentor(config_path, cfg_options)
    with seeded(0):
        batch = random_batch(model, {n: size for n in ("source", "target") if runs(model, n)})
        model(**batch, mode="loss")  # banks of features and the like are empty before
        own = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers())}
        saved = SavedTensors(own)
        with FlopCounterMode(display=False) as counter, saved:
            losses = model(**batch, mode="loss")
            total = sum(v for k, v in losses.items() if "loss" in k and v.requires_grad)
            assert isinstance(total, Tensor)
            total.backward()
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return TrainingCost(counter.get_total_flops() // 2, saved.bytes, trained)


def build_segmentor(
    config_path: str | Path, cfg_options: dict | None = None
) -> tuple[Config, UDASegmentor]:
    """Return a config and its model, with random weights and all that trainings give it.

    Raises:
        ConfigError: When the config is faulty or its model is no segmentor.
    """
    config = load_config(config_path, cfg_options)
    init_default_scope("mmda")
    without_pretrained(config.model)
    with seeded(0):
        model = MODELS.build(config.model)
        if not isinstance(model, UDASegmentor):
            raise ConfigError(
                f"`{config_path}`: its model is no segmentor, so no training is counted."
            )
        for module in model.alignments.modules():
            _prepare(module, model.num_classes)
    return config, model.train()


def _prepare(module: nn.Module, classes: int) -> None:
    """Give an alignment's part what hooks give it in a training."""
    if isinstance(module, PatchAlignment):
        module.modes.set(torch.rand_like(module.modes.centroids))
    if isinstance(module, PseudoLabels):
        module.set_kept_shares([0.5] * classes)
    if isinstance(module, FittedGrouping):
        module.centroids.copy_(torch.rand_like(module.centroids))
        module.fits += 1


def runs(model: UDASegmentor, domain: str) -> bool:
    """Return whether a training reads a domain."""
    return domain == "source" or bool(model.needs)


def random_batch(
    model: UDASegmentor, sizes: dict[str, tuple[int, int]], count: int = 1
) -> dict[str, Any]:
    """Return what a model is called with in a late iteration: random images and labels.

    Args:
        model: The model.
        sizes: Height and width by domain.
        count: Images of each domain.
    """
    bands = model.data_preprocessor.num_bands
    return {
        "inputs": {name: torch.randn(count, bands, *size) for name, size in sizes.items()},
        "data_samples": {
            name: [_sample(size, model.num_classes) for _ in range(count)]
            for name, size in sizes.items()
        },
        "step": LATE,
    }


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
