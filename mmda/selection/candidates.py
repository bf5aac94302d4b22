"""The checkpoints in folders of trainings, with the configs that they were trained with."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mmda.engine.checkpoint import config_beside
from mmda.errors import ConfigError

CACHE = "selection"
"""Folder, beside the checkpoints, of what is known of them."""


@dataclass(frozen=True)
class Candidate:
    """A checkpoint that may be chosen.

    Attributes:
        name: Name for people: its path below the folder that was given.
        checkpoint: The file.
        config: The config that it was trained with; ``None`` where there is none.
    """

    name: str
    checkpoint: Path
    config: Path | None


def find_candidates(folders: Sequence[str | Path]) -> list[Candidate]:
    """Return all checkpoints (``.pth``) in folders of trainings and of tables, in order.

    The config of a checkpoint is the one beside it, see
    :func:`~mmda.engine.checkpoint.config_beside`.

    Args:
        folders: Folders, or single checkpoints.

    Raises:
        ConfigError: When a folder does not exist or has no checkpoint.
    """
    paths: dict[Path, Path] = {}
    for given in map(Path, folders):
        found = [given] if given.is_file() else sorted(_checkpoints(given), key=_natural)
        if not found:
            state = "has no checkpoint (.pth)" if given.is_dir() else "does not exist"
            raise ConfigError(f"`{given}` {state}. Give the folders of trainings (work dirs).")
        paths.update({path: given for path in found if path not in paths})
    common = _common_folder(list(paths.values()))
    names = _names([path.absolute().relative_to(common) for path in paths])
    return [Candidate(name, path, _config(path)) for name, path in zip(names, paths, strict=True)]


def _checkpoints(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*.pth")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _config(checkpoint: Path) -> Path | None:
    with suppress(ConfigError):
        return config_beside(checkpoint)
    return None


def _common_folder(given: Sequence[Path]) -> Path:
    folders = [str((path.parent if path.is_file() else path).absolute()) for path in given]
    return Path(os.path.commonpath(folders))


def _names(paths: Sequence[Path]) -> list[str]:
    """Return names without the folders that say nothing, where these are not needed to differ."""
    whole = [path.with_suffix("").parts for path in paths]
    short = [tuple(part for part in parts if part not in ("runs", "train")) for parts in whole]
    return ["/".join(parts) for parts in (short if len({*short}) == len(short) else whole)]


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return a key by which ``iter_80`` comes before ``iter_200``."""
    return [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", str(path))]
