"""Losses shared by several alignments."""

from mmda.models.losses.gan import gan_loss
from mmda.models.losses.grouping import (
    class_equivalence_loss,
    condition,
    consistency_loss,
    group_cosines,
    group_distributions,
    group_maxima,
    orthogonality_loss,
)
from mmda.models.losses.self_information import self_information

__all__ = [
    "class_equivalence_loss",
    "condition",
    "consistency_loss",
    "gan_loss",
    "group_cosines",
    "group_distributions",
    "group_maxima",
    "orthogonality_loss",
    "self_information",
]
