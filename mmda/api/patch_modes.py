"""Patch modes in Python: what ``mmda discover-patch-modes`` calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmda.errors import ConfigError

if TYPE_CHECKING:
    from mmengine.config import Config


def discover_patch_modes(
    config: str | Path | Config,
    out: str | Path,
    *,
    images: int = 500,
    seed: int = 0,
    picture: str | Path | None = None,
    progress: bool = True,
    cfg_options: Mapping[str, Any] | None = None,
) -> int:
    """Find the modes of patch-level alignment in the source's labels, and write them to a file.

    A training does the same before its first iteration; the file serves several trainings, and the
    picture shows what the modes are.

    Args:
        config: A config with a :class:`~mmda.models.PatchAlignment`, whose source is read.
        out: The file (``.npz``), for ``model.alignments.NAME.modes``.
        images: Number of source images whose label patches are clustered.
        seed: Seed of the choice of images, of their crops and of k-means.
        picture: Where to draw example patches of each mode (``.png``); by default nowhere.
        progress: Whether to show a progress bar on stderr.
        cfg_options: Overrides of the config by dotted key.

    Returns:
        Number of patches in which the modes were found.

    Raises:
        ConfigError: When the config has no patch alignment or no source, ``images`` is below 1, or
            ``out`` does not end with ``.npz``.
        DataError: When the source is missing, or has fewer different patches than modes.

    Example:
        >>> from mmda import discover_patch_modes
        >>> discover_patch_modes("mmda::toy/patch.py", "modes.npz", images=2, progress=False)
        128
    """
    from mmda.engine.launch import load_config
    from mmda.engine.patch_modes import described_modes, find_modes, source_dataset
    from mmda.visualisation.patch_modes import draw_patch_modes

    if Path(out).suffix != ".npz":
        raise ConfigError(f"The modes are written as a .npz file, but `out` is `{out}`.")
    loaded = load_config(config, dict(cfg_options or {}))
    modes, source = described_modes(loaded), source_dataset(loaded)
    patches = find_modes(source, modes, images, seed, progress)
    modes.write(out, tuple(source.metainfo["classes"]))
    if picture is not None:
        draw_patch_modes(source, modes, picture)
    return patches
