"""The public adaptation codes' networks in functions, from what their papers and codes say.

ResNet with the stride in a block's first convolution, a pooling that rounds up, dilations of 2 and
4 in the last two layers from their first block on, and classifiers of four dilated convolutions.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

BLOCKS = (3, 4, 23, 3)
MEAN_BGR = torch.tensor([104.00698793, 116.66876762, 122.67891434]).view(3, 1, 1)
RATES = (6, 12, 18, 24)


def random_weights(width=4, classes=19, heads=None, blocks=BLOCKS) -> dict:
    """Weights by AdaptSegNet's names; ``heads`` says on which layer a classifier stands."""
    torch.manual_seed(0)
    state = {"conv1.weight": torch.randn(width, 3, 7, 7) / 100} | norm("bn1", width)
    inputs = width
    for layer, count in enumerate(blocks, start=1):
        planes = width * 2 ** (layer - 1)
        for block in range(count):
            name = f"layer{layer}.{block}"
            sizes = ((planes, inputs, 1), (planes, planes, 3), (4 * planes, planes, 1))
            for number, (out, into, side) in enumerate(sizes, start=1):
                kernel = torch.randn(out, into, side, side) * (2 / (into * side**2)) ** 0.5
                state[f"{name}.conv{number}.weight"] = kernel
                state |= norm(f"{name}.bn{number}", out, scale=0.2 if number == 3 else 1.0)
            if block == 0:
                kernel = torch.randn(4 * planes, inputs, 1, 1) / inputs**0.5
                state[f"{name}.downsample.0.weight"] = kernel
                state |= norm(f"{name}.downsample.1", 4 * planes)
            inputs = 4 * planes
    for head, layer in (heads or {"layer5": 4}).items():
        channels = 4 * width * 2 ** (layer - 1)
        for number in range(len(RATES)):
            name = f"{head}.conv2d_list.{number}"
            state[f"{name}.weight"] = torch.randn(classes, channels, 3, 3) / (9 * channels) ** 0.5
            state[f"{name}.bias"] = torch.randn(classes)
    return state


def norm(name: str, channels: int, scale: float = 1.0) -> dict:
    """Weights and statistics of a batch norm, as PyTorch 0.3 saves them."""
    return {
        f"{name}.weight": scale * (1 + 0.1 * torch.randn(channels)),
        f"{name}.bias": 0.1 * torch.randn(channels),
        f"{name}.running_mean": 0.1 * torch.randn(channels),
        f"{name}.running_var": 1 + torch.rand(channels),
    }


def features(state: dict, rgb: torch.Tensor, mean=MEAN_BGR) -> dict[int, torch.Tensor]:
    """The feature maps of layers 3 and 4 for images (N, 3, H, W), red, green, blue, 0..255."""
    x = rgb[:, [2, 1, 0]] - mean
    x = F.relu(normalised(state, "bn1", F.conv2d(x, state["conv1.weight"], stride=2, padding=3)))
    x = F.max_pool2d(x, kernel_size=3, stride=2, padding=1, ceil_mode=True)
    found = {}
    for layer, stride, rate in ((1, 1, 1), (2, 2, 1), (3, 1, 2), (4, 1, 4)):
        count = len({name.split(".")[1] for name in state if name.startswith(f"layer{layer}.")})
        for block in range(count):
            x = bottleneck(state, f"layer{layer}.{block}", x, stride if block == 0 else 1, rate)
        found[layer] = x
    return found


def bottleneck(state: dict, name: str, x: torch.Tensor, stride: int, rate: int) -> torch.Tensor:
    """A residual block with its stride in the first convolution."""

    def layer(number: int, maps: torch.Tensor, **how: int) -> torch.Tensor:
        maps = F.conv2d(maps, state[f"{name}.conv{number}.weight"], **how)
        return normalised(state, f"{name}.bn{number}", maps)

    y = F.relu(layer(1, x, stride=stride))
    y = layer(3, F.relu(layer(2, y, padding=rate, dilation=rate)))
    if (shortcut := state.get(f"{name}.downsample.0.weight")) is not None:
        x = normalised(state, f"{name}.downsample.1", F.conv2d(x, shortcut, stride=stride))
    return F.relu(x + y)


def normalised(state: dict, name: str, x: torch.Tensor) -> torch.Tensor:
    """Frozen batch norm."""
    mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    column = (1, -1, 1, 1)
    x = (x - mean.view(column)) / (var.view(column) + 1e-5).sqrt()
    return x * weight.view(column) + bias.view(column)


def classified(state: dict, head: str, x: torch.Tensor, summed: int) -> torch.Tensor:
    """The sum of a classifier's first ``summed`` convolutions."""
    kernels = [(state[f"{head}.conv2d_list.{n}.{p}"]) for n in range(4) for p in ("weight", "bias")]
    outputs = [
        F.conv2d(x, kernels[2 * n], kernels[2 * n + 1], padding=RATES[n], dilation=RATES[n])
        for n in range(summed)
    ]
    return torch.stack(outputs).sum(0)


PARTS = {"conv1": "reduce.conv", "conv2": "conv3x3.conv", "conv3": "increase.conv"}
PARTS |= {"bn1": "reduce.bn", "bn2": "conv3x3.bn", "bn3": "increase.bn"}
PARTS |= {"downsample.0": "{}.conv", "downsample.1": "{}.bn"}


def deeplab_pytorch_names(state: dict, shortcut: str, classifier: str) -> dict:
    """The weights by deeplab-pytorch's names, of which there are two generations."""
    renamed = {}
    for name, value in state.items():
        place, _, kind = name.rpartition(".")
        if name.startswith("layer5"):
            new = f"{classifier}{name.split('.')[2]}.{kind}"
        elif name.startswith("layer"):
            layer, block, part = place.split(".", 2)
            new = f"layer{int(layer[5:]) + 1}.block{int(block) + 1}.{PARTS[part]}.{kind}"
        else:
            new = f"layer1.conv1.{'conv' if place == 'conv1' else 'bn'}.{kind}"
        renamed[new.format(shortcut)] = value
    return renamed
