"""The modes of the patch alignment that a config describes."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmda.engine.source_patches import source_patches
from mmda.errors import ConfigError
from mmda.models.alignments import PatchAlignment
from mmda.models.patches import PatchModes, discover_modes
from mmda.registry import DATASETS, MODELS


def described_modes(config: Config) -> PatchModes:
    """Return the empty modes of the patch alignment of a config.

    Raises:
        ConfigError: When it has none, or more than one.
    """
    alignments = (config.model.get("alignments") or {}).values()
    init_default_scope("mmda")
    found = [MODELS.build(one).modes for one in alignments if _aligns_patches(one["type"])]
    if len(found) != 1:
        raise ConfigError(
            f"`{config.filename}` has {len(found)} alignments of the type PatchAlignment; expected "
            "one, whose modes are to be found. `mmda configs patch` lists configs that have one."
        )
    return found[0]


def _aligns_patches(name: Any) -> bool:
    kind = MODELS.get(name) if isinstance(name, str) else name
    return isinstance(kind, type) and issubclass(kind, PatchAlignment)


def source_dataset(config: Config) -> Any:
    """Build the source dataset of a config's training.

    Raises:
        ConfigError: When there is none.
    """
    source = config.train_dataloader.dataset.get("source")
    if source is None:
        raise ConfigError(f"`{config.filename}` has no source, whose label patches are clustered.")
    return DATASETS.build(source)


def find_modes(source: Any, modes: PatchModes, images: int, seed: int, progress: bool) -> int:
    """Find modes in the labels of source images; return how many patches they were found in.

    Args:
        source: The training's source dataset.
        modes: The modes, on the CPU; they get their centroids.
        images: Number of images, see :func:`~mmda.engine.source_patches.source_patches`.
        seed: Seed of the choice of images and of k-means.
        progress: Whether to show a progress bar.

    Raises:
        ConfigError: When ``images`` is below 1.
        DataError: When the labels have fewer different patches than there are modes.
    """
    if images < 1:
        raise ConfigError(f"Patch modes: `images` must be 1 or more, got {images}.")
    vectors = source_patches(source, modes, images, seed, progress)
    modes.set(torch.from_numpy(discover_modes(vectors, len(modes.centroids), seed)))
    return len(vectors)
