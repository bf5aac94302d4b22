"""Domain discriminators."""

from mmda.models.discriminators.class_discriminator import ClassDiscriminator
from mmda.models.discriminators.conditional_discriminator import ConditionalDiscriminator
from mmda.models.discriminators.pixel_discriminator import PixelDiscriminator
from mmda.models.discriminators.vector_discriminator import VectorDiscriminator

__all__ = [
    "ClassDiscriminator",
    "ConditionalDiscriminator",
    "PixelDiscriminator",
    "VectorDiscriminator",
]
