"""Choosing among models in Python: what ``mmda select`` calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmda.selection import Selection, SelectOptions, select_models

DEFAULT = SelectOptions()


def select(
    work_dirs: str | Path | Sequence[str | Path],
    data: str | Path | None = None,
    options: SelectOptions = DEFAULT,
    *,
    device: str | None = None,
    trust: bool = False,
) -> Selection:
    """Choose among checkpoints by unlabelled target tiles.

    All checkpoints in the folders are compared by criteria that need no target labels. What is
    computed of a checkpoint is kept in a folder ``selection`` beside it and found there the next
    time. The choice among the checkpoints of one folder is written to ``selection.json`` in it.

    Args:
        work_dirs: Folders of trainings, or of a table of ``mmda ablation``; single checkpoints too.
        data: Folder of the tiled target; by default that of each checkpoint's config.
        options: How to compare them.
        device: ``cpu``, ``cuda``, ...; by default the GPU where there is one.
        trust: Whether checkpoints may run code while they are read.

    Returns:
        The models with their scores, the chosen one first.

    Raises:
        ConfigError: When a folder holds no checkpoint, or none can be chosen.

    Example:
        >>> from mmda import SelectOptions, select
        >>> result = select("work", options=SelectOptions(tiles=2, progress=False))
        >>> result.best.name, result.best.refused
        ('iter_60', None)
    """
    from mmda.engine.checkpoint_loader import trusted_checkpoints

    folders = [work_dirs] if isinstance(work_dirs, (str, Path)) else work_dirs
    with trusted_checkpoints(trust):
        return select_models(folders, data, options, device)
