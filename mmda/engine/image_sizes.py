"""The sizes of the images that a config trains on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from mmengine.config import Config

Size: TypeAlias = tuple[int, int]
"""Height and width in pixels."""
SIZED_BY = {"scale": -1, "crop_size": 1}
"""Arguments of transforms that set an image's size, and the order of width and height in them."""


def image_sizes(config: Config, default: Size) -> dict[str, Size]:
    """Return the size of the training images by domain.

    Args:
        config: A loaded config.
        default: The size where a domain's transforms neither resize nor crop.
    """
    dataset = config.train_dataloader.dataset
    return {
        name: _size(dataset[name], default)
        for name in ("source", "target")
        if dataset.get(name) is not None
    }


def _size(dataset: Mapping[str, Any], default: Size) -> Size:
    if "datasets" in dataset:  # joined ones have images of one size
        return _size(dataset["datasets"][0], default)
    size = default
    for transform in dataset.get("pipeline", ()):
        for name, order in SIZED_BY.items():
            if isinstance(transform.get(name), (list, tuple)):
                height, width = transform[name][::order]
                size = int(height), int(width)
    return size
