"""What tells files and tiles from others."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError
from mmda.raster.dataset.manifest import MANIFEST

BLOCK = 1 << 22  # bytes


@dataclass(frozen=True)
class Tiles:
    """The tiles of a dataset that models are compared on.

    Attributes:
        name: Their folder, split and number, for people.
        digest: Tells them from other tiles, wherever their folder lies.
    """

    name: str
    digest: str

    @classmethod
    def of(cls, dataset: Any) -> Tiles:
        """Return the tiles of a tiled dataset: its manifest, its kind and those of its split."""
        rows = [dataset.get_data_info(index) for index in range(len(dataset))]
        described = [
            file_digest(dataset.tiles.root / MANIFEST),
            *(["windows"] if rows[0]["image"] is None else []),
            *(str(row["tile"]) for row in rows),
        ]
        table = dataset.tiles.split_file
        placed = "" if table is None else f" of `{table}`"
        return cls(
            f"`{dataset.tiles.root}`, split `{dataset.split}`{placed}, {len(rows)} tiles",
            text_digest(described),
        )


def check_one_target(targets: Mapping[str, Tiles]) -> None:
    """Check that models are compared on the same tiles.

    Args:
        targets: The tiles of each model, by the model's name.

    Raises:
        ConfigError: When they differ, which names both.
    """
    first: dict[str, str] = {}
    for name, tiles in targets.items():
        first.setdefault(tiles.digest, f"{tiles.name} (such as `{name}`)")
    if len(first) > 1:
        raise ConfigError(
            f"The checkpoints have {len(first)} different targets: {'; '.join(first.values())}. "
            "Only those of the same target tiles can be compared: give the folders of these, or "
            "the target with --data."
        )


def file_digest(path: Path) -> str:
    """Return a digest of a file's content."""
    state = path.stat()
    return _file_digest(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=1024)
def _file_digest(path: Path, size: int, modified: int) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def weights_digest(path: Path) -> str:
    """Return a digest of the tensors in a checkpoint, by the checksums that the file has of them.

    What is said of a model beside its weights changes nothing, such as the temperature that
    ``mmda calibrate`` stores. Of a file that PyTorch's format is not found in it is
    :func:`file_digest`.
    """
    state = path.stat()
    return _weights_digest(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=1024)
def _weights_digest(path: Path, size: int, modified: int) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = [part for part in archive.infolist() if "/data/" in part.filename]
    except zipfile.BadZipFile:
        parts = []
    if not parts:
        return file_digest(path)
    return text_digest(sorted((part.CRC, part.file_size) for part in parts))


def text_digest(value: Any) -> str:
    """Return a digest of plain values."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
