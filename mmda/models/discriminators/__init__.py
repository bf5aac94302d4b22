"""Domain discriminators."""

from mmda.models.discriminators.pixel_discriminator import PixelDiscriminator

__all__ = ["PixelDiscriminator"]
