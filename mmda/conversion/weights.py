"""A converted network's weights, and what of a checkpoint does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mmda.conversion.layouts import Layout
from mmda.errors import ConfigError

SHOWN = 5  # names that a message lists of each kind
COUNTER = "num_batches_tracked"  # early versions of PyTorch have none
STEM = "backbone.conv1.weight"


def converted_weights(
    network: nn.Module, state: Mapping[str, Any], layout: Layout, path: object
) -> dict[str, Tensor]:
    """Return a network's weights by our names.

    The kernels of the first convolution are put into the order of our images' bands, as the public
    codes read blue, green and red.

    Args:
        network: The segmentor that the weights are for.
        state: Weights by their common names.
        layout: Their layout.
        path: The checkpoint, for messages.

    Raises:
        ConfigError: When weights are missing, of another shape, or not used; the message names
            them as the checkpoint does, or as AdaptSegNet would.
    """
    own = network.state_dict()
    sources = {name: _sources(name, layout) for name in own}
    missing, odd = [], []
    for name, value in own.items():
        for source in sources[name]:
            if source not in state:
                missing += [] if name.endswith(COUNTER) else [f"`{source}`"]
            elif fault := _fault(state[source], value):
                odd.append(f"`{source}` {fault}")
    used = {source for names in sources.values() for source in names}
    unused = [f"`{name}`" for name in state if name not in used and not _is_spare(name, layout)]
    _report({"It lacks": missing, "Not of the network are": unused, "Odd are": odd}, path)
    weights = {name: _sum(state, sources[name], own[name]) for name in own}
    weights[STEM] = weights[STEM].flip(1)
    return weights


def _sources(name: str, layout: Layout) -> tuple[str, ...]:
    """Return the checkpoint's names of what is summed to a weight of ours."""
    part, _, rest = name.partition(".")
    if part == "backbone":
        return (rest,)
    rest = rest.replace("classifiers", "conv2d_list")
    return tuple(f"{classifier}.{rest}" for classifier in layout.heads[part])


def _is_spare(name: str, layout: Layout) -> bool:
    """Return whether a weight is of a convolution that the layout's code does not sum."""
    head, _, rest = name.partition(".conv2d_list.")
    number = rest.partition(".")[0]
    classifiers = {one for names in layout.heads.values() for one in names}
    return head in classifiers and number.isdecimal() and len(layout.dilations) <= int(number) < 4


def _fault(value: Any, own: Tensor) -> str:
    """Return what is wrong with a checkpoint's weight; empty where it fits."""
    if not isinstance(value, Tensor):
        return f"is a {type(value).__name__}, expected a tensor"
    if value.shape != own.shape:
        return f"has the shape {tuple(value.shape)}, expected {tuple(own.shape)}"
    return ""


def _report(faults: Mapping[str, list[str]], path: object) -> None:
    told = []
    for beginning, names in faults.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        if names:
            told.append(f"{beginning} {', '.join(names[:SHOWN])}{more}.")
    if told:
        raise ConfigError(
            f"The checkpoint `{path}` does not fit the network. {' '.join(told)} Nothing is "
            "written; use an undamaged checkpoint of one of the layouts."
        )


def _sum(state: Mapping[str, Any], names: tuple[str, ...], own: Tensor) -> Tensor:
    """Return the sum of weights, in the type of ours; a counter that is missing is 0."""
    found = [state[name].to(own.dtype) for name in names if name in state]
    return torch.stack(found).sum(0).to(own.dtype) if found else torch.zeros_like(own)
