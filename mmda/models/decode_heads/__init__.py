"""Decode heads that MMSegmentation does not have."""

from mmda.models.decode_heads.deeplabv2_head import DeepLabV2Head

__all__ = ["DeepLabV2Head"]
