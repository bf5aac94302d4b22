"""Choosing among models in Python: what ``mmda select`` calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmda.errors import ConfigError
from mmda.selection import Selection, SelectOptions, choice_of, select_models

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


def stored_choice(
    work_dir: str | Path, *, device: str | None = None, trust: bool = False
) -> tuple[Selection, list[str]]:
    """Return the choice that is stored in a folder of trainings, or make and store it.

    Args:
        work_dir: The folder. A choice by another rule, among other checkpoints than it has now or
            for another target than that of the config is made anew.
        device: As in :func:`select`.
        trust: As in :func:`select`.

    Returns:
        The choice, and what the user should know of it, in sentences.

    Raises:
        ConfigError: As :func:`select`.
    """
    from mmda.engine.checkpoint_loader import trusted_checkpoints

    if not Path(work_dir).is_dir():
        raise ConfigError(
            f"`{work_dir}` is no folder: `auto` chooses among the checkpoints of a training's "
            "folder. Give that in place of the config."
        )
    with trusted_checkpoints(trust):
        return choice_of(work_dir, DEFAULT, device)
