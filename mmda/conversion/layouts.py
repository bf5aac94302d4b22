"""The networks whose checkpoints can be converted, told apart by the names of their weights.

All are DeepLab-v2 on a ResNet. A classifier is four dilated convolutions whose outputs are summed.
Some of the public codes return from within the loop that sums, so that only the first two count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mmda.errors import ConfigError, did_you_mean

ALL = (6, 12, 18, 24)
FIRST_TWO = (6, 12)
FIRST = "{}.conv2d_list.0.weight"

Heads = Mapping[str, tuple[str, ...]]
MULTI: Heads = {"decode_head": ("layer6",), "auxiliary_head": ("layer5",)}
TWIN: Heads = {"decode_head": ("layer5", "layer6")}
LAYER5: Heads = {"decode_head": ("layer5",)}
LAYER6: Heads = {"decode_head": ("layer6",)}
ASPP: Heads = {"decode_head": ("aspp",)}


@dataclass(frozen=True)
class Layout:
    """A public code's network.

    Attributes:
        source: The code and its paper.
        heads: For each of our heads the classifiers that it stands for; the outputs of two are
            summed.
        dilations: Dilations of a classifier's convolutions that count, in pixels.
        mean: What is subtracted from red, green and blue, 0..255.
        align_corners: Whether logits are resized with the corners' pixels on the corners.
    """

    source: str
    heads: Heads
    dilations: tuple[int, ...] = ALL
    mean: tuple[float, float, float] = (122.67891434, 116.66876762, 104.00698793)
    align_corners: bool = True


LAYOUTS = {
    "adaptsegnet": Layout("AdaptSegNet, multi-level (Tsai et al. 2018)", MULTI, FIRST_TWO),
    "advent": Layout("AdvEnt, multi-level (Vu et al. 2019)", MULTI),
    "advent-single": Layout("AdvEnt, single level (Vu et al. 2019)", LAYER6),
    "clan": Layout("CLAN (Luo et al. 2019)", TWIN),
    "bdl": Layout("BDL (Li et al. 2019)", LAYER5),
    "deeplab": Layout("Pytorch-Deeplab, AdaptSegNet's single level", LAYER5, FIRST_TWO),
    "deeplab-pytorch": Layout(
        "deeplab-pytorch, one scale", ASPP, mean=(122.675, 116.669, 104.008), align_corners=False
    ),
}


def choose_layout(state: Mapping[str, Any], chosen: str | None, path: object) -> str:
    """Return the name of a checkpoint's layout.

    Args:
        state: Weights by the names of :func:`~mmda.conversion.names.common_names`.
        chosen: The user's choice among those that the names allow.
        path: The checkpoint, for messages.

    Raises:
        ConfigError: When no layout has these names, or several have and none is chosen.
    """
    heads = _heads(state, path)
    fitting = [name for name, layout in LAYOUTS.items() if layout.heads == heads]
    if chosen is not None and chosen not in LAYOUTS:
        raise ConfigError(
            f"Unknown layout `{chosen}`; expected one of {', '.join(LAYOUTS)}."
            + did_you_mean(chosen, LAYOUTS)
        )
    if chosen is not None and chosen not in fitting:
        raise ConfigError(
            f"The checkpoint `{path}` does not have the layout `{chosen}`: its classifiers are "
            f"those of {' or '.join(fitting)}. Give that as --layout."
        )
    if chosen is None and len(fitting) > 1:
        listed = "; ".join(
            f"{name} ({LAYOUTS[name].source}) sums {len(LAYOUTS[name].dilations)}"
            for name in fitting
        )
        raise ConfigError(
            f"The names in the checkpoint `{path}` are those of {len(fitting)} public codes, which "
            f"differ in how many of a classifier's 4 convolutions they sum: {listed}. Give the one "
            "that it was trained with as --layout."
        )
    return chosen or fitting[0]


def _heads(state: Mapping[str, Any], path: object) -> Heads:
    """Return which of our heads the classifiers of a checkpoint are."""
    if FIRST.format("aspp") in state:
        return ASPP
    layer5, layer6 = (state.get(FIRST.format(name)) for name in ("layer5", "layer6"))
    if layer5 is None and layer6 is None:
        raise ConfigError(
            f"The checkpoint `{path}` has none of the layouts {', '.join(LAYOUTS)}: expected is "
            "a weight `layer5.conv2d_list.0.weight`, `layer6.conv2d_list.0.weight` or "
            f"`aspp.c0.weight`, but it begins with {', '.join(list(state)[:3]) or 'nothing'}."
        )
    if layer5 is None or layer6 is None:
        return LAYER5 if layer6 is None else LAYER6
    inputs = [kernel_shape(state, FIRST.format(name), path)[1] for name in ("layer5", "layer6")]
    return TWIN if inputs[0] == inputs[1] else MULTI


def kernel_shape(state: Mapping[str, Any], name: str, path: object) -> tuple[int, ...]:
    """Return the shape of a convolution's weight.

    Args:
        state: Weights by their common names.
        name: Name of the weight.
        path: The checkpoint, for messages.

    Returns:
        Output channels, input channels, height and width.

    Raises:
        ConfigError: When the weight is missing or no tensor of four dimensions.
    """
    if name not in state:
        raise ConfigError(f"The checkpoint `{path}` lacks `{name}`, so it is of another network.")
    value = state[name]
    if not isinstance(value, Tensor) or value.ndim != 4:
        raise ConfigError(
            f"The checkpoint `{path}` has no convolution's weight as `{name}`, so it is of another "
            "network."
        )
    return tuple(value.shape)
