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

__all__ = [
    "AdaptedLayers",
    "Moments",
    "TargetBatch",
    "adapt_statistics",
    "batch_norm_layers",
    "cell_weights",
    "check_options",
    "run_heads",
]
