"""Losses shared by several alignments."""

from mmda.models.losses.category import (
    class_distances,
    class_similarities,
    inter_class_loss,
    intra_class_loss,
)
from mmda.models.losses.discrepancy import prediction_distance, weight_similarity
from mmda.models.losses.gan import check_gan, domain_accuracy, gan_loss
from mmda.models.losses.grouping import (
    class_equivalence_loss,
    consistency_loss,
    discriminator_condition,
    group_cosines,
    group_distributions,
    group_maxima,
    orthogonality_loss,
)
from mmda.models.losses.instances import adaptive_weights, matching_loss, region_means
from mmda.models.losses.max_square import max_square_loss
from mmda.models.losses.self_information import self_information

__all__ = [
    "adaptive_weights",
    "check_gan",
    "class_distances",
    "class_equivalence_loss",
    "class_similarities",
    "consistency_loss",
    "discriminator_condition",
    "domain_accuracy",
    "gan_loss",
    "group_cosines",
    "group_distributions",
    "group_maxima",
    "inter_class_loss",
    "intra_class_loss",
    "matching_loss",
    "max_square_loss",
    "orthogonality_loss",
    "prediction_distance",
    "region_means",
    "self_information",
    "weight_similarity",
]
