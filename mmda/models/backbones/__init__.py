"""Backbones that MMSegmentation does not have."""

from mmda.models.backbones.efficientnet_lite import EfficientNetLite0
from mmda.models.backbones.timm_backbone import TimmBackbone, timm_normalisation

__all__ = ["EfficientNetLite0", "TimmBackbone", "timm_normalisation"]
