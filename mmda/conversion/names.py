"""Names of weights in the public codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

WRAPPERS = re.compile(r"^((module|Scale|scale|base)\.)+")
"""What wrappers for several devices and several scales put before the names."""

# deeplab-pytorch counts the stem as its first layer, and blocks from 1.
STEM = re.compile(r"^layer1\.conv1\.(conv|bn)\.(\w+)$")
BLOCK = re.compile(
    r"^layer([2-5])\.block(\d+)\.(reduce|conv3x3|increase|proj|shortcut)\.(conv|bn)\.(\w+)$"
)
CLASSIFIER = re.compile(r"^aspp\.(?:stages\.)?c(\d+)\.(weight|bias)$")
NUMBERS = {"reduce": 1, "conv3x3": 2, "increase": 3}


def common_names(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return weights by the names that AdaptSegNet and most others have.

    Args:
        state: Weights by the names of any of the layouts.
    """
    return {_common_name(WRAPPERS.sub("", name)): value for name, value in state.items()}


def _common_name(name: str) -> str:
    if found := STEM.match(name):
        kind, rest = found.groups()
        return f"{kind}1.{rest}"
    if found := CLASSIFIER.match(name):
        number, rest = found.groups()
        return f"aspp.conv2d_list.{number}.{rest}"
    if found := BLOCK.match(name):
        layer, block, part, kind, rest = found.groups()
        place = f"layer{int(layer) - 1}.{int(block) - 1}"
        if part in NUMBERS:
            return f"{place}.{kind}{NUMBERS[part]}.{rest}"
        return f"{place}.downsample.{0 if kind == 'conv' else 1}.{rest}"
    return name
