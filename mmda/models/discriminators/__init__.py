"""Domain discriminators."""

from mmda.models.discriminators.conditional_discriminator import ConditionalDiscriminator
from mmda.models.discriminators.pixel_discriminator import PixelDiscriminator

__all__ = ["ConditionalDiscriminator", "PixelDiscriminator"]
