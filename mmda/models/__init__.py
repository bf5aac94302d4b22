"""Models: segmentor, backbones, heads, alignments, discriminators, losses and preprocessor."""

from mmda.models.alignments import *  # noqa: F403
from mmda.models.backbones import DeepLabResNet, EfficientNetLite0, TimmBackbone
from mmda.models.cyclegan import CycleGAN
from mmda.models.data_preprocessor import DomainDataPreprocessor
from mmda.models.decode_heads import DeepLabV2Head
from mmda.models.discriminators import (
    ClassDiscriminator,
    ConditionalDiscriminator,
    PixelDiscriminator,
    VectorDiscriminator,
)
from mmda.models.grouping import GroupHead, KMeansGrouping, NMFGrouping
from mmda.models.segmentors import Teacher, TwinEncoderDecoder, UDASegmentor

__all__ = [
    "ClassDiscriminator",
    "ConditionalDiscriminator",
    "CycleGAN",
    "DeepLabResNet",
    "DeepLabV2Head",
    "DomainDataPreprocessor",
    "EfficientNetLite0",
    "GroupHead",
    "KMeansGrouping",
    "NMFGrouping",
    "PixelDiscriminator",
    "Teacher",
    "TimmBackbone",
    "TwinEncoderDecoder",
    "UDASegmentor",
    "VectorDiscriminator",
]
