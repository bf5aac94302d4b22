"""Where a tiled dataset goes: checks of its folder before anything is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mmda.errors import ConfigError, DataError
from mmda.raster.scene import SPLITS, Scene, is_local

KINDS = ("images", "labels")


def tile_folders(root: Path) -> list[Path]:
    """Return the folders that hold a dataset's tiles; some may not exist."""
    return [root / split / kind for split in SPLITS for kind in KINDS]


def check_output(out: str | Path, scenes: Sequence[Scene]) -> Path:
    """Return the folder of the dataset to be made.

    Args:
        out: What the user gave.
        scenes: What is to be tiled.

    Raises:
        ConfigError: When no folder is given.
        DataError: When a file is in the way, or a source lies where the tiles go.
    """
    if not str(out).strip():
        raise ConfigError("The folder of the tiled dataset is empty (``): give its path.")
    root = Path(out)
    for path in (root, *root.parents):
        if path.exists() and not path.is_dir():
            raise DataError(
                f"Cannot write into `{root}`: `{path}` is a file, expected a folder. Choose "
                "another output folder, or move the file."
            )
    inside = next(_sources_below(tile_folders(root), scenes), None)
    if inside is not None:
        raise DataError(
            f"The source `{inside}` lies in `{root}`, where the tiles go: they would be mixed, "
            "and --overwrite could remove the source. Choose another output folder."
        )
    return root


def _sources_below(folders: Iterable[Path], scenes: Iterable[Scene]) -> Iterator[str]:
    """Find local images and labels in these folders, also those that links lead to."""
    taken = [os.path.realpath(folder) for folder in folders]
    known: dict[str, bool] = {}

    def is_below(folder: str) -> bool:
        if folder not in known:
            real = os.path.realpath(folder)
            known[folder] = any(os.path.commonpath((real, path)) == path for path in taken)
        return known[folder]

    for scene in scenes:
        for path in (scene.image, *([scene.label.path] if scene.label else [])):
            if is_local(path):
                target = os.path.realpath(path) if os.path.islink(path) else path
                if any(is_below(os.path.dirname(p)) for p in {path, target}):
                    yield path
