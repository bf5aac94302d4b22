"""Statistics of batch normalisation: of a domain, of single images, and where they are kept."""

from mmda.models.batch_norm.adapting import (
    AdaptedLayers,
    TargetBatch,
    adapt_statistics,
    check_options,
    run_heads,
)
from mmda.models.batch_norm.layers import batch_norm_layers, cell_weights
from mmda.models.batch_norm.moments import Moments
from mmda.models.batch_norm.normalising import normalise, normalised_by_input
from mmda.models.batch_norm.test_time import ImageStatistics, Tent, TestTime, build_test_time

__all__ = [
    "AdaptedLayers",
    "ImageStatistics",
    "Moments",
    "TargetBatch",
    "Tent",
    "TestTime",
    "adapt_statistics",
    "batch_norm_layers",
    "build_test_time",
    "cell_weights",
    "check_options",
    "normalise",
    "normalised_by_input",
    "run_heads",
]
