"""A segmentor with two classifiers that predict together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmseg.models.segmentors import EncoderDecoder
from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.registry import MODELS


@MODELS.register_module()
class TwinEncoderDecoder(EncoderDecoder):
    """An ``EncoderDecoder`` that predicts with the sum of its two heads' logits (Luo et al. 2019).

    Both heads are trained, each by its own loss; see :class:`~mmda.models.CLAN`.

    Args:
        kwargs: As in MMSegmentation's ``EncoderDecoder``; ``auxiliary_head`` is the second head.

    Raises:
        ConfigError: When there is not exactly one auxiliary head.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        second = getattr(self, "auxiliary_head", None)
        if second is None or isinstance(second, nn.ModuleList):
            raise ConfigError(
                "TwinEncoderDecoder: `auxiliary_head` must be the config of one head, the second "
                f"classifier; got {kwargs.get('auxiliary_head')!r}."
            )

    def encode_decode(self, inputs: Tensor, batch_img_metas: list[dict]) -> Tensor:
        """Return the sum of the heads' logits (N, C, H, W), of the images' size."""
        feats = self.extract_feat(inputs)
        first, second = (
            head.predict(feats, batch_img_metas, self.test_cfg)
            for head in (self.decode_head, self.auxiliary_head)
        )
        return first + second

    def predicted(self, logits: Mapping[str, Tensor]) -> Tensor:
        """Return the logits (N, C, h, w) that predict, from those of each head, by its name."""
        return logits["decode"] + logits["aux"]

    def _forward(self, inputs: Tensor, data_samples: list | None = None) -> Tensor:
        """Return the sum of the heads' logits (N, C, h, w), of their own size."""
        feats = self.extract_feat(inputs)
        return self.decode_head(feats) + self.auxiliary_head(feats)
