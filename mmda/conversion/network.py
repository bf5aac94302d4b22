"""The config of a converted network, from the shapes of its weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mmda.conversion.layouts import FIRST, Layout, kernel_shape
from mmda.errors import ConfigError

DEPTHS = {(3, 4, 6, 3): 50, (3, 4, 23, 3): 101, (3, 8, 36, 3): 152}
"""Depth of a ResNet by the number of blocks in its layers."""
BLOCK = re.compile(r"^layer([1-4])\.(\d+)\.conv1\.weight$")


def model_config(state: Mapping[str, Any], layout: Layout, path: object) -> dict[str, Any]:
    """Return the parts of the model's config that come from the checkpoint.

    Args:
        state: Weights by their common names.
        layout: Their layout.
        path: The checkpoint, for messages.

    Returns:
        ``data_preprocessor`` and ``segmentor``.

    Raises:
        ConfigError: When the blocks are those of no known ResNet.
    """
    width = kernel_shape(state, "layer1.0.conv1.weight", path)[0]
    backbone = dict(
        type="DeepLabResNet",
        depth=_depth(state, path),
        stem_channels=kernel_shape(state, "conv1.weight", path)[0],
        base_channels=width,
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        norm_cfg=dict(type="BN", requires_grad=False),
        norm_eval=True,
    )
    segmentor: dict[str, Any] = dict(type="EncoderDecoder", backbone=backbone)
    for head, (classifier, *_) in layout.heads.items():
        main = head == "decode_head"
        segmentor[head] = dict(
            type="DeepLabV2Head",
            in_channels=width * 32 if main else width * 16,
            in_index=3 if main else 2,
            num_classes=kernel_shape(state, FIRST.format(classifier), path)[0],
            dilations=layout.dilations,
            align_corners=layout.align_corners,
            loss_decode=dict(
                type="CrossEntropyLoss", avg_non_ignore=True, loss_weight=1.0 if main else 0.1
            ),
        )
    segmentor |= dict(train_cfg=dict(), test_cfg=dict(mode="whole"))
    preprocessor = dict(
        type="DomainDataPreprocessor", mean=list(layout.mean), std=[1.0] * len(layout.mean)
    )
    return dict(data_preprocessor=preprocessor, segmentor=segmentor)


def _depth(state: Mapping[str, Any], path: object) -> int:
    blocks = [found.groups() for name in state if (found := BLOCK.match(name))]
    counts = tuple(len({b for layer, b in blocks if layer == str(n)}) for n in range(1, 5))
    if counts not in DEPTHS:
        raise ConfigError(
            f"The checkpoint `{path}` has {', '.join(map(str, counts))} blocks in its four layers; "
            "expected is a ResNet-"
            + ", ".join(f"{depth} ({', '.join(map(str, c))})" for c, depth in DEPTHS.items())
            + ". It is of another network, or a part of it is missing."
        )
    return DEPTHS[counts]
