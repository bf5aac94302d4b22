"""Backbones that MMSegmentation does not have."""

from mmda.models.backbones.deeplab_resnet import DeepLabResNet
from mmda.models.backbones.efficientnet_lite import EfficientNetLite0
from mmda.models.backbones.timm_backbone import TimmBackbone, timm_normalisation

__all__ = ["DeepLabResNet", "EfficientNetLite0", "TimmBackbone", "timm_normalisation"]
