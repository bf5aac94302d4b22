"""CycleGAN as a registered model."""

from mmda.models.cyclegan.cyclegan import CycleGAN
from mmda.models.cyclegan.discriminator import PatchDiscriminator
from mmda.models.cyclegan.generator import ResNetGenerator
from mmda.models.cyclegan.image_pool import ImagePool

__all__ = ["CycleGAN", "ImagePool", "PatchDiscriminator", "ResNetGenerator"]
