"""Networks that adapt to the images that they predict, while they predict them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.models.batch_norm.adapting import check_options
from mmda.models.batch_norm.layers import batch_norm_layers, cell_weights
from mmda.models.batch_norm.normalising import normalised_by_input
from mmda.registry import MODELS


class TestTime:
    """What ``model.test_time`` names; this one leaves the network as it is.

    It changes how all commands predict that judge or use a trained model.

    Attributes:
        keeps: Whether it keeps what it learns from a batch, so that the predictions for an image
            depend on those before it.
    """

    keeps = False
    __test__ = False  # pytest takes it for a test otherwise

    def __repr__(self) -> str:
        """Return its type and options: all that its predictions depend on but the network."""
        options = [name for name in inspect.signature(type(self)).parameters if hasattr(self, name)]
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in options)
        return f"{type(self).__name__}({values})"

    def check(self, network: nn.Module) -> None:
        """Raise a :class:`ConfigError` when a network cannot be adapted."""
        batch_norm_layers(network)

    def check_repeatable(self) -> None:
        """Raise a :class:`ConfigError` when predictions depend on the order of the images."""
        if self.keeps:
            raise ConfigError(
                "The model's `model.test_time` keeps what it learns from each batch, so that its "
                "predictions depend on their order. Set `episodic=True` there, or leave it out."
            )

    def adapted(
        self, network: Any, images: Tensor, counted: Tensor | None
    ) -> AbstractContextManager[None]:
        """Return a context in which the network predicts images as it adapts to them.

        Args:
            network: An ``EncoderDecoder`` in evaluation mode.
            images: (N, B, H, W), normalised.
            counted: Which pixels count, (N, H, W) bool; None for all.
        """
        return nullcontext()


@MODELS.register_module()
class ImageStatistics(TestTime):
    """Normalise each image by its own statistics, blended with those of the training.

    After Schneider et al. 2020, but per image: the layers' mean and variance are
    ``blend * stored + (1 - blend) * image``, over the image's pixels that count.

    Args:
        blend: Share of the stored statistics, in [0, 1]; 1 changes nothing.

    Raises:
        ConfigError: When ``blend`` is out of range.
    """

    def __init__(self, blend: float = 0.5) -> None:
        check_options(blend)
        self.blend = blend

    def adapted(
        self, network: Any, images: Tensor, counted: Tensor | None
    ) -> AbstractContextManager[None]:
        """Return a context in which each image has its own statistics."""
        return normalised_by_input(network, counted, self.blend, by_image=True)


@MODELS.register_module()
class Tent(TestTime):
    """Minimise the entropy of predictions by batch norm's scale and shift (Wang et al. 2021).

    The layers normalise by the statistics of the batch. Before a batch is predicted, Adam takes
    steps on the mean entropy of the softmax over the cells of the logits that count, in the scales
    and shifts of all batch-norm layers and in nothing else. They are kept from batch to batch
    (online), or put back after each (episodic). Choose batches of several tiles.

    Args:
        lr: Learning rate of Adam.
        steps: Steps per batch, 0 or more.
        episodic: Whether each batch starts from the trained network.

    Raises:
        ConfigError: When an option is out of range.

    Attributes:
        entropy: Mean entropy in nats before each step so far.
        keeps: See :class:`TestTime`.
    """

    def __init__(self, lr: float = 1e-3, steps: int = 1, episodic: bool = False) -> None:
        if lr <= 0 or steps < 0:
            raise ConfigError(f"Tent: expected lr > 0 and steps >= 0, got {lr} and {steps}.")
        self.lr, self.steps, self.episodic = lr, steps, episodic
        self.keeps = not episodic
        self.entropy: list[float] = []
        self._optimizer: torch.optim.Optimizer | None = None

    def check(self, network: nn.Module) -> None:
        """Check that there are scales and shifts to train."""
        affine_parameters(network)

    @contextmanager
    def adapted(self, network: Any, images: Tensor, counted: Tensor | None) -> Iterator[None]:
        """Adapt to a batch; in the block the network predicts by the batch's statistics."""
        parameters = affine_parameters(network)
        before = [parameter.detach().clone() for parameter in parameters]
        if self._optimizer is None or self.episodic:
            self._optimizer = torch.optim.Adam(parameters, self.lr)
        with normalised_by_input(network, counted, blend=0, by_image=False):
            for _ in range(self.steps if counted is None or counted.any() else 0):
                self.step(network, images, counted, self._optimizer)
            yield
        if self.episodic:
            with torch.no_grad():
                for parameter, value in zip(parameters, before, strict=True):
                    parameter.copy_(value)

    def step(
        self,
        network: Any,
        images: Tensor,
        counted: Tensor | None,
        optimizer: torch.optim.Optimizer,
    ) -> None:
        """Take one step on a batch, inside :func:`normalised_by_input`."""
        parameters = affine_parameters(network)
        flags = [parameter.requires_grad for parameter in parameters]
        for parameter in parameters:
            parameter.requires_grad_(True)  # a teacher's are False
        with torch.inference_mode(False), torch.enable_grad():
            logits = network(images.clone())
            loss = mean_entropy(logits, counted)
            found = torch.autograd.grad(loss, parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, found, strict=True):
            parameter.grad = gradient
        optimizer.step()
        for parameter, flag in zip(parameters, flags, strict=True):
            parameter.grad = None
            parameter.requires_grad_(flag)
        self.entropy.append(float(loss))


def build_test_time(config: dict | None, network: Any) -> TestTime:
    """Return the adaptation that a config names; for None one that changes nothing.

    Raises:
        ConfigError: When the network cannot adapt in this way.
    """
    if config is None:
        return TestTime()
    test_time: TestTime = MODELS.build(config)
    test_time.check(network)
    if network.test_cfg.get("mode", "whole") != "whole":
        raise ConfigError(
            "`model.test_time` needs a segmentor that predicts whole images, as its statistics are "
            f"theirs, but `test_cfg.mode` is `{network.test_cfg.mode}`. Set "
            "`model.segmentor.test_cfg.mode=whole`, or leave `test_time` out."
        )
    return test_time


def affine_parameters(network: nn.Module) -> Sequence[nn.Parameter]:
    """Return the scales and shifts of a network's batch-norm layers.

    Raises:
        ConfigError: When there are none.
    """
    layers = [layer for layer in batch_norm_layers(network).values() if layer.affine]
    if not layers:
        raise ConfigError(
            "Tent: the model's batch norm has no scale and shift (`affine=False`), so there is "
            "nothing to train. Use AdaBN (`mmda adapt-bn`)."
        )
    return [parameter for layer in layers for parameter in (layer.weight, layer.bias)]


def mean_entropy(logits: Tensor, counted: Tensor | None) -> Tensor:
    """Return the mean entropy, in nats, of the softmax of the cells that count.

    Args:
        logits: (N, C, h, w).
        counted: Which pixels of the images count, (N, H, W) bool; None for all.
    """
    logs = logits.float().log_softmax(1)
    entropy = -(logs.exp() * logs).sum(1)
    if counted is None:
        return entropy.mean()
    height, width = logits.shape[-2:]
    weights = cell_weights(counted, (height, width))
    return (entropy.where(weights > 0, 0) * weights).sum() / weights.sum().clamp(min=1e-12)
