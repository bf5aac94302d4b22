"""Losses shared by several alignments."""

from mmda.models.losses.gan import gan_loss
from mmda.models.losses.self_information import self_information

__all__ = ["gan_loss", "self_information"]
