"""Rasters of a map that are made of another: joined bands, sheets that are cut out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from mmda.raster.mapping.cog import Pyramid
from mmda.raster.mapping.rasters import mask_writer, read_mask_classes, share_writer
from mmda.raster.mapping.write import Frame

MASK = "mask"
_NOT_COPIED = {"CLASSES", "AREA_OR_POINT"}  # the writers set them


def writer_like(
    kind: str, raster: Any, path: Path, frame: Frame
) -> AbstractContextManager[Pyramid]:
    """Return the writer of a raster with the names, colours and tags of another.

    Args:
        kind: ``mask``, or what its shares are.
        raster: The other one, open; it may be closed before the writer is used.
        path: The file to write.
        frame: Its size and place.
    """
    tags = {name: text for name, text in raster.tags().items() if name not in _NOT_COPIED}
    if kind == MASK:
        classes = read_mask_classes(raster)
        return mask_writer(path, frame, classes, _palette(raster, len(classes or [])), tags)
    names = [name for name in raster.descriptions if name is not None]
    return share_writer(path, frame, raster.count, names, tags)


def _palette(mask: Any, count: int) -> list[list[int]] | None:
    try:
        table = mask.colormap(1)
    except ValueError:  # the file has none
        return None
    return [list(table[value][:3]) for value in range(count)]
