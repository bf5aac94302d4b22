"""Models: the segmentor, alignments, discriminators, heads, losses and the preprocessor."""

from mmda.models.alignments import *  # noqa: F403
from mmda.models.data_preprocessor import DomainDataPreprocessor
from mmda.models.decode_heads import DeepLabV2Head
from mmda.models.discriminators import PixelDiscriminator
from mmda.models.segmentors import Teacher, UDASegmentor

__all__ = [
    "DeepLabV2Head",
    "DomainDataPreprocessor",
    "PixelDiscriminator",
    "Teacher",
    "UDASegmentor",
]
