"""CycleGAN as a registered model."""

from mmda.style.cyclegan.cyclegan import CycleGAN
from mmda.style.cyclegan.discriminator import PatchDiscriminator
from mmda.style.cyclegan.generator import ResNetGenerator
from mmda.style.cyclegan.image_pool import ImagePool

__all__ = ["CycleGAN", "ImagePool", "PatchDiscriminator", "ResNetGenerator"]
