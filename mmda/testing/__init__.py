"""For the tests of methods: the contract of an alignment, and a tiny segmentor with its batches."""

from mmda.testing.contract import CHECKS, check_alignment
from mmda.testing.samples import (
    CLASSES,
    build_segmentor,
    losses_of,
    random_batch,
    segmentor_config,
    total_loss,
)

__all__ = [
    "CHECKS",
    "CLASSES",
    "build_segmentor",
    "check_alignment",
    "losses_of",
    "random_batch",
    "segmentor_config",
    "total_loss",
]
