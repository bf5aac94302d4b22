"""Backbones that MMSegmentation does not have."""

from mmda.models.backbones.deeplab_resnet import DeepLabResNet
from mmda.models.backbones.deeplab_vgg import DeepLabVGG16
from mmda.models.backbones.efficientnet_lite import EfficientNetLite0
from mmda.models.backbones.timm_backbone import TimmBackbone, timm_normalisation

__all__ = [
    "DeepLabResNet",
    "DeepLabVGG16",
    "EfficientNetLite0",
    "TimmBackbone",
    "timm_normalisation",
]
