"""DeepLab-v2's classification head."""

from __future__ import annotations

from collections.abc import Sequence

from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor, nn

from mmda.registry import MODELS


@MODELS.register_module()
class DeepLabV2Head(BaseDecodeHead):
    """Parallel dilated 3x3 classifiers on the feature map, summed (Chen et al. 2017).

    Early public UDA code has a bug and sums only the first two; use ``dilations=(6, 12)`` to load
    its checkpoints.

    Args:
        dilations: Dilation of each classifier.
        kwargs: As in MMSegmentation's ``BaseDecodeHead``; ``channels`` and ``dropout_ratio`` have
            no effect.
    """

    def __init__(self, dilations: Sequence[int] = (6, 12, 18, 24), **kwargs: object) -> None:
        kwargs.setdefault("channels", 1)
        kwargs["dropout_ratio"] = 0
        kwargs.setdefault(
            "init_cfg", {"type": "Normal", "std": 0.01, "override": {"name": "classifiers"}}
        )
        super().__init__(**kwargs)
        self.conv_seg = None
        self.dilations = tuple(dilations)
        self.classifiers = nn.ModuleList(
            nn.Conv2d(self.in_channels, self.out_channels, 3, padding=rate, dilation=rate)
            for rate in self.dilations
        )

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return logits (N, C, h, w) of the backbone's feature maps."""
        feature = self._transform_inputs(inputs)
        logits = self.classifiers[0](feature)
        for classifier in self.classifiers[1:]:
            logits = logits + classifier(feature)
        return logits
