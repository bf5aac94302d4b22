"""Adaptive batch normalisation: the statistics of another domain in a trained network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.dist import all_reduce
from torch import Tensor, nn

from mmda.errors import ConfigError, DataError
from mmda.models.alignments.base import segmentor_heads
from mmda.models.batch_norm.layers import batch_norm_layers, cell_weights
from mmda.models.batch_norm.moments import Moments
from mmda.utils.modes import evaluating


@dataclass(frozen=True)
class TargetBatch:
    """Images whose statistics a network is to take.

    Attributes:
        images: (N, B, H, W), normalised as the network expects.
        counted: Which pixels count, (N, H, W) bool; None for all.
    """

    images: Tensor
    counted: Tensor | None = None

    def pixels(self) -> int:
        """Return the number of pixels that count."""
        n, _, height, width = self.images.shape
        return n * height * width if self.counted is None else int(self.counted.sum())


@dataclass(frozen=True)
class AdaptedLayers:
    """What :func:`adapt_statistics` did.

    Attributes:
        layers: Number of batch-norm layers that have new statistics.
        images: Number of images, or tiles, that they were estimated on.
        pixels: Number of pixels of these that counted.
        shift: Distance of the new means from the old ones in old standard deviations: the root mean
            square over the channels, averaged over the layers. It tells how far the domains differ.
    """

    layers: int
    images: int
    pixels: int
    shift: float


def adapt_statistics(
    network: Any,
    batches: Callable[[], Iterable[TargetBatch]],
    blend: float = 0.0,
    passes: int = 1,
) -> AdaptedLayers:
    """Give a segmentor's batch-norm layers the statistics of other images (AdaBN).

    After Li et al. 2018: mean and variance of each layer are those of all pixels of the target that
    count, pooled exactly and not as a moving average. Weights are not touched.

    While a batch goes through the network, each layer normalises by the statistics of the batch's
    pixels that count, so that the source's have no part in what deeper layers see. So the first
    layer's result does not depend on how the images are divided into batches. Deeper layers'
    results depend on it in so far as the layers before them normalise each batch by itself. In
    every further pass the layers normalise by the result of the pass before: after p passes, the
    first p layers do not depend on the batches at all.

    Each process gives its own batches; the statistics are those of all.

    Args:
        network: An ``EncoderDecoder``. Its auxiliary heads are adapted, too.
        batches: Returns the images; it is called once for every pass.
        blend: Share ``a`` of the old statistics in ``a * old + (1 - a) * new``, in [0, 1].
        passes: Number of passes over the images.

    Raises:
        ConfigError: When the network has no batch norm, or an option is out of range.
        DataError: When no pixel of the images counts. The network is then unchanged.
    """
    check_options(blend, passes)
    layers = batch_norm_layers(network)
    before = {name: (m.running_mean.clone(), m.running_var.clone()) for name, m in layers.items()}
    try:
        with evaluating(network), torch.no_grad():
            for number in range(passes):
                found, seen = _one_pass(network, layers, batches(), by_batch=number == 0)
                for name, moments in found.items():
                    set_statistics(layers[name], moments.mean, moments.running_variance)
    except BaseException:
        for name, old in before.items():
            set_statistics(layers[name], *old)
        raise
    for name in found:
        new = layers[name].running_mean, layers[name].running_var
        mixed = (blend * o + (1 - blend) * n for o, n in zip(before[name], new, strict=True))
        set_statistics(layers[name], *mixed)
    return AdaptedLayers(len(found), *seen, _shift(found, before))


def check_options(blend: float, passes: int = 1) -> None:
    """Raise a :class:`ConfigError` when an option of :func:`adapt_statistics` is out of range."""
    if not 0 <= blend <= 1:
        raise ConfigError(
            "Batch norm: `blend` is the share of the source's statistics and must be in [0, 1], "
            f"got {blend}."
        )
    if passes < 1:
        raise ConfigError(f"Batch norm: `passes` must be 1 or more, got {passes}.")


def run_heads(network: Any, images: Tensor) -> Tensor:
    """Run all heads of a segmentor on images (N, B, H, W); return the decode head's logits."""
    features = network.extract_feat(images)
    logits = {name: head(features) for name, head in segmentor_heads(network).items()}
    return logits["decode"]


@torch.no_grad()
def set_statistics(layer: Any, mean: Tensor, variance: Tensor) -> None:
    """Set the mean and the variance, (C,) each, that a layer normalises by in evaluation."""
    layer.running_mean.copy_(mean)
    layer.running_var.copy_(variance)


def _one_pass(
    network: Any, layers: dict[str, Any], batches: Iterable[TargetBatch], by_batch: bool
) -> tuple[dict[str, Moments], tuple[int, int]]:
    """Return the moments of each layer that was run, and how many images and pixels were seen."""
    device = next(network.parameters()).device
    found = {name: Moments(layer.num_features, device) for name, layer in layers.items()}
    seen = torch.zeros(2, dtype=torch.float64, device=device)
    for batch in batches:
        if pixels := batch.pixels():
            seen += torch.tensor([len(batch.images), pixels], device=device)
            with _looking(layers, found, batch.counted, by_batch):
                run_heads(network, batch.images)
    all_reduce(seen)
    if not seen[1]:
        raise DataError(
            "Batch norm: no pixel of the target counts, so there is nothing to estimate statistics "
            "on. Give tiles or rasters that hold data."
        )
    total = {name: moments.of_all_processes() for name, moments in found.items()}
    images, pixels = (int(number) for number in seen.tolist())
    # A layer that was not run, or has seen one value, keeps what it has.
    return {name: one for name, one in total.items() if one.count > 1}, (images, pixels)


@contextmanager
def _looking(
    layers: dict[str, Any], found: dict[str, Moments], counted: Tensor | None, by_batch: bool
) -> Iterator[None]:
    """Add what layers see inside the block to their moments; ``by_batch`` they normalise by it."""

    def hook_of(name: str) -> Callable[[nn.Module, tuple[Tensor]], None]:
        def look(layer: nn.Module, inputs: tuple[Tensor]) -> None:
            (maps,) = inputs
            if maps.dim() != 4:
                raise ConfigError(
                    f"Batch norm: the layer `{name}` sees values of shape {tuple(maps.shape)}, but "
                    "only maps (N, C, h, w) can be adapted."
                )
            height, width = maps.shape[-2:]
            weights = None if counted is None else cell_weights(counted, (height, width))
            own = Moments.of(maps, weights)
            found[name].add(own)
            cells = maps[:, 0].numel() if weights is None else int((weights > 0).sum())
            if by_batch and cells > 1:  # one value has no variance
                set_statistics(layer, own.mean, own.variance)

        return look

    handles = [m.register_forward_pre_hook(hook_of(name)) for name, m in layers.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _shift(found: dict[str, Moments], before: dict[str, tuple[Tensor, Tensor]]) -> float:
    shifts = [
        ((moments.mean - before[name][0]).square() / before[name][1].clamp(min=1e-12)).mean().sqrt()
        for name, moments in found.items()
    ]
    return float(torch.stack(shifts).mean())
