"""The cost of a model at inference, and whether adaptation adds to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.registry import init_default_scope
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mmda.engine.inference import without_pretrained
from mmda.engine.launch import load_config
from mmda.engine.living_tensors import LivingTensors
from mmda.errors import ConfigError
from mmda.models.cyclegan import CycleGAN
from mmda.models.segmentors import TwinEncoderDecoder, UDASegmentor
from mmda.registry import MODELS

WARM_UP = 2  # passes before the timed ones


@dataclass(frozen=True)
class Complexity:
    """The cost of one image at inference.

    Attributes:
        parameters: Parameters of the network that predicts.
        training_parameters: Parameters that only training uses: discriminators, auxiliary heads,
            and the teacher or the student, whichever does not predict.
        macs: Multiply-adds of one pass, which papers often call FLOPs. Only convolutions and matrix
            products are counted, as the rest is small in comparison.
        memory: Peak memory in bytes: weights, input and all tensors that exist at the same time. On
            a GPU as its allocator counts, elsewhere the sum of the tensors' sizes.
        fps: Images per second, from the median of the timed passes.
        added_parameters: Parameters at inference beyond those of the plain segmentor.
        added_macs: Multiply-adds beyond those of the plain segmentor.
        extra_modules: Modules outside of the predicting network that were called at inference.
    """

    parameters: int
    training_parameters: int
    macs: int
    memory: int
    fps: float
    added_parameters: int
    added_macs: int
    extra_modules: tuple[str, ...]

    @property
    def adds_nothing(self) -> bool:
        """Whether inference costs the same as that of the plain network."""
        return not (self.added_parameters or self.added_macs or self.extra_modules)


def measure(
    config_path: str | Path,
    size: tuple[int, int],
    *,
    device: str | None = None,
    repeats: int = 10,
    cfg_options: dict | None = None,
) -> Complexity:
    """Measure the cost of a config's model, with random weights.

    Args:
        config_path: A config of a segmentor or a CycleGAN.
        size: Height and width of the image in pixels.
        device: ``'cuda'``, ``'cpu'``, ...; by default the GPU where there is one.
        repeats: Number of timed passes.
        cfg_options: Overrides of the config.

    Raises:
        ConfigError: When the config is faulty or its model is no segmentor and no CycleGAN.
    """
    config = load_config(config_path, cfg_options)
    init_default_scope("mmda")
    without_pretrained(config.model)
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    model = MODELS.build(config.model).to(where).eval()
    predictor, predict, plain = _parts(model, config, config_path)
    bands = len(config.model.data_preprocessor["mean"])
    image = torch.randn(1, bands, *size, device=where)
    macs, extra = _macs(predict, image), _called_outside(model, predictor, predict, image)
    with torch.device("meta"):
        reference = plain().eval()
        reference_macs = _macs(_plain_pass(reference), torch.empty(1, bands, *size))
    return Complexity(
        parameters=_count(predictor),
        training_parameters=sum(p.numel() for p in model.parameters()) - _count(predictor),
        macs=macs,
        memory=_peak_memory(predictor, predict, image),
        fps=1 / _seconds(predict, image, repeats),
        added_parameters=_count(predictor) - _count(reference),
        added_macs=macs - reference_macs,
        extra_modules=extra,
    )


def _parts(
    model: nn.Module, config: Any, path: str | Path
) -> tuple[nn.Module, Callable[[Tensor], Any], Callable[[], nn.Module]]:
    """Return the network that predicts, a function that runs it, and one that builds it alone."""
    if isinstance(model, UDASegmentor):
        return (
            model.predictor,
            _segmentation(model),
            lambda: MODELS.build({**config.model.segmentor, "type": _plain_type(model.predictor)}),
        )
    if isinstance(model, CycleGAN):
        generator: Any = model.generators["target"]
        return generator, model.translate, lambda: MODELS.build(config.model.generator)
    raise ConfigError(
        f"The model of the config `{path}` is a {type(model).__name__}; expected a segmentor or a "
        "CycleGAN."
    )


def _segmentation(model: UDASegmentor) -> Callable[[Tensor], Any]:
    """Return a function that predicts as in evaluation: normalised images to logits."""

    def predict(images: Tensor) -> Tensor:
        size = tuple(images.shape[-2:])
        meta = dict(ori_shape=size, img_shape=size, pad_shape=size, padding_size=[0, 0, 0, 0])
        return model.encode_decode(images, [meta] * len(images))

    return predict


def _plain_type(predictor: nn.Module) -> str:
    """Return the type of the network without adaptation; it predicts by its decode head."""
    return (
        "EncoderDecoder" if isinstance(predictor, TwinEncoderDecoder) else type(predictor).__name__
    )


def _plain_pass(network: Any) -> Callable[[Tensor], Any]:
    return network if not hasattr(network, "encode_decode") else _segmentation(network)


def _count(module: nn.Module) -> int:
    """Count the parameters that inference uses: an auxiliary head's only where it predicts, too."""
    named = module.named_parameters()
    unused = () if isinstance(module, TwinEncoderDecoder) else ("auxiliary_head.",)
    return sum(p.numel() for name, p in named if not name.startswith(unused))


@torch.no_grad()
def _macs(predict: Callable[[Tensor], Any], image: Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        predict(image)
    return counter.get_total_flops() // 2  # it counts a multiply-add as two


@torch.inference_mode()
def _called_outside(
    model: nn.Module, predictor: nn.Module, predict: Callable[[Tensor], Any], image: Tensor
) -> tuple[str, ...]:
    """Return the names of modules outside of ``predictor`` that a pass calls."""
    inside = {id(module) for module in predictor.modules()} | {id(model)}
    called: dict[str, None] = {}
    handles = [
        module.register_forward_pre_hook(lambda *_, name=name: called.setdefault(name))
        for name, module in model.named_modules()
        if id(module) not in inside
    ]
    try:
        predict(image)
    finally:
        for handle in handles:
            handle.remove()
    return tuple(called)


@torch.inference_mode()
def _seconds(predict: Callable[[Tensor], Any], image: Tensor, repeats: int) -> float:
    """Return the median time of a pass."""
    times = []
    for _ in range(WARM_UP + repeats):
        start = time.perf_counter()
        predict(image)
        if image.is_cuda:
            torch.cuda.synchronize(image.device)
        times.append(time.perf_counter() - start)
    return sorted(times[WARM_UP:])[repeats // 2]


@torch.no_grad()
def _peak_memory(predictor: nn.Module, predict: Callable[[Tensor], Any], image: Tensor) -> int:
    weights = sum(t.nbytes for t in (*predictor.parameters(), *predictor.buffers()))
    if image.is_cuda:
        before = torch.cuda.memory_allocated(image.device)
        torch.cuda.reset_peak_memory_stats(image.device)
        predict(image)
        peak = torch.cuda.max_memory_allocated(image.device) - before
        return weights + image.nbytes + peak
    with LivingTensors() as living:
        predict(image)
    return weights + image.nbytes + living.peak
