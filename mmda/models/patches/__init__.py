"""Patches of label maps and predictions: what they hold, their modes, and a classifier of these."""

from mmda.models.patches.categoriser import PatchCategoriser
from mmda.models.patches.descriptors import patch_descriptors, pool_counted
from mmda.models.patches.discovery import discover_modes
from mmda.models.patches.modes import NO_MODE, PatchModes

__all__ = [
    "NO_MODE",
    "PatchCategoriser",
    "PatchModes",
    "discover_modes",
    "patch_descriptors",
    "pool_counted",
]
