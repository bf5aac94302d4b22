"""A trained model as a function from pixels to class probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor

from mmda.engine.checkpoint import load_weights
from mmda.engine.checkpoint_content import TEMPERATURE
from mmda.engine.checkpoint_metrics import validation_metrics
from mmda.engine.launch import ConfigSource, load_config
from mmda.engine.pretrained import check_pretrained
from mmda.engine.views import PLAIN, View
from mmda.errors import ConfigError
from mmda.models.batch_norm import TestTime
from mmda.models.segmentors import UDASegmentor
from mmda.registry import MODELS


def load_model(
    config_path: ConfigSource,
    checkpoint: str | Path,
    device: str | None = None,
    cfg_options: dict | None = None,
) -> UDASegmentor:
    """Return a trained model in evaluation mode, with the checkpoint's ``dataset_meta``.

    Args:
        config_path: The config it was trained with.
        checkpoint: Path of the weights.
        device: ``'cuda'``, ``'cpu'``, ...; by default the GPU where there is one.
        cfg_options: Overrides of the config.

    Raises:
        ConfigError: When the config is faulty, the checkpoint does not fit it, or the device cannot
            be used.
    """
    return load_trained(load_config(config_path, cfg_options), checkpoint, device)[0]


def load_trained(
    config: Config, checkpoint: str | Path, device: str | None = None
) -> tuple[UDASegmentor, dict]:
    """Return a loaded config's trained model, as :func:`load_model` does, and its ``meta``."""
    model = build_model(config)
    content = load_weights(model, checkpoint)
    meta = content.get("meta", {})
    model.metrics = validation_metrics(content, checkpoint)
    model.dataset_meta = meta.get("dataset_meta")
    model.temperature = meta.get(TEMPERATURE, 1.0)
    return place_model(model, device), meta


def build_model(
    config_path: ConfigSource, cfg_options: dict | None = None, *, initial: bool = False
) -> UDASegmentor:
    """Return a config's model on the CPU.

    Args:
        config_path: The config.
        cfg_options: Overrides of the config.
        initial: Whether it is to have the weights that a training starts from, those of a
            pretrained backbone included; else they are about to be loaded.

    Raises:
        ConfigError: When the config is faulty, or pretrained weights do not fit.
    """
    config = load_config(config_path, cfg_options)
    init_default_scope("mmda")
    if not initial:
        without_pretrained(config.model)
    model = MODELS.build(config.model)
    if initial:
        check_pretrained(model)
        model.init_weights()
    return model


def place_model(model: UDASegmentor, device: str | None) -> UDASegmentor:
    """Return a model on a device, by default the GPU where there is one, in evaluation mode.

    Raises:
        ConfigError: When the device cannot be used.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return model.to(device).eval()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"Cannot use the device `{device}`: {reason}. Try `cpu`.") from error


class NetworkPredictor:
    """A function from raw pixels (N, B, H, W) to float32 probabilities (N, C, H, W).

    The probabilities are those of a calibrated model where it is one, see ``mmda calibrate``.

    Args:
        model: The model.
        views: The views of the pixels whose probabilities are averaged.

    Attributes:
        uses_counted: Whether the model adapts to what it predicts, so that it should know which
            pixels hold data.
    """

    def __init__(self, model: UDASegmentor, views: Sequence[View] = PLAIN) -> None:
        self._model, self._views = model, views
        self._preprocess: Any = model.data_preprocessor
        self._device = next(model.parameters()).device
        self.uses_counted = type(model.test_time) is not TestTime

    def seen_as(self, views: Sequence[View]) -> NetworkPredictor:
        """Return the predictor that averages over some views."""
        return NetworkPredictor(self._model, views)

    def __call__(self, pixels: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
        """Return probabilities.

        Args:
            pixels: The pixels.
            counted: Which of them hold data, (N, H, W) bool; ``None`` for all.
        """
        return self.on_device(pixels, counted).cpu().numpy()

    @torch.no_grad()
    def on_device(self, pixels: np.ndarray, counted: np.ndarray | None = None) -> Tensor:
        """Return probabilities as they are called, but where the network is."""
        model = self._model
        images = [torch.from_numpy(np.ascontiguousarray(image)) for image in pixels]
        inputs = self._preprocess({"inputs": images})["inputs"].to(self._device)
        height, width = pixels.shape[-2:]  # without the padding to the network's size divisor
        mask = inputs.new_zeros((len(inputs), *inputs.shape[-2:]), dtype=torch.bool)
        mask[:, :height, :width] = True if counted is None else torch.from_numpy(counted)
        size = (int(inputs.shape[-2]), int(inputs.shape[-1]))
        with model.test_time.adapted(model.predictor, inputs, None if mask.all() else mask):
            maps = self._seen(inputs, self._views[0], size)
            for view in self._views[1:]:
                maps = maps + self._seen(inputs, view, size)
        return (maps / len(self._views))[..., :height, :width]

    def _seen(self, inputs: Tensor, view: View, size: tuple[int, int]) -> Tensor:
        changed = view.change(inputs)
        return view.restore(probabilities(self._model, changed, self._model.temperature), size)


def logits(model: UDASegmentor, images: Tensor) -> Tensor:
    """Return the logits (N, C, H, W), float32, of images (N, B, H, W), normalised."""
    size = images.shape[-2:]
    meta = dict(ori_shape=size, img_shape=size, pad_shape=size, padding_size=[0, 0, 0, 0])
    return model.predictor.inference(images, [meta] * len(images)).float()


def probabilities(model: UDASegmentor, images: Tensor, temperature: float = 1.0) -> Tensor:
    """Return the probabilities (N, C, H, W), float32, of images (N, B, H, W), normalised.

    Args:
        model: The model.
        images: The images.
        temperature: What logits are divided by; that of a calibrated model is its ``temperature``.
    """
    return (logits(model, images) / temperature).softmax(1)


def without_pretrained(model: dict) -> None:
    """Drop the backbone's pretrained weights, which the checkpoint replaces."""
    if "segmentor" in model:  # a CycleGAN has none
        model["segmentor"].pop("pretrained", None)
        model["segmentor"]["backbone"].pop("init_cfg", None)
