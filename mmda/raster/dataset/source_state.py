"""The state of source rasters in a manifest without tiles, to notice when they change.

Compared are height, width, georeference, the number of bytes, and a checksum of a sample of them:
of the whole file up to 256 KiB, else of 16 blocks spread evenly over it, from its first byte to its
last. A file that was written anew is noticed; single pixels that changed within a large file may
not be, nor the parts of a VRT. Of files that are not local, the bytes are not looked at.
"""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

from mmda.errors import DataError
from mmda.raster.io.header import RasterHeader
from mmda.raster.scene import Scene, is_local

_BLOCK = 2**14  # bytes
_BLOCKS = 16


def source_state(scene: Scene, header: RasterHeader) -> str:
    """Return what is known of a scene's files as text."""
    return json.dumps(_state(scene, header))


def check_source(scene: Scene, header: RasterHeader, text: str) -> None:
    """Compare a scene's files with the state that :func:`source_state` returned.

    Raises:
        DataError: When they are others; it names the first thing that differs.
    """
    now = _state(scene, header)
    for name, before in json.loads(text).items():
        if now[name] != before:
            path = scene.label.path if name.startswith("label") and scene.label else scene.image
            raise DataError(
                f"`{path}` has changed since the manifest was made: its "
                f"{name.rpartition('_')[2]} was {before}, is {now[name]}. Run the converter again, "
                "or restore the file."
            )


def _state(scene: Scene, header: RasterHeader) -> dict[str, Any]:
    return {
        "height": header.height,
        "width": header.width,
        "transform": list(header.transform)[:6] if header.transform else None,
        **_file_state("image", scene.image),
        **_file_state("label", scene.label.path if scene.label else None),
    }


def _file_state(kind: str, path: str | None) -> dict[str, int | None]:
    """Return a local file's size in bytes and its checksum; ``None`` where they are unknown."""
    size, checksum = None, None
    if path is not None and is_local(path) and os.path.exists(path):
        size = os.path.getsize(path)
        checksum = _checksum(path, size) if os.path.isfile(path) else None
    return {f"{kind}_bytes": size, f"{kind}_checksum": checksum}


def _checksum(path: str, size: int) -> int:
    """Return the CRC-32 of a sample of a file, see the top of this module."""
    starts = [0]
    if size > _BLOCK:
        count = min(_BLOCKS, -(-size // _BLOCK))
        starts = [(size - _BLOCK) * i // (count - 1) for i in range(count)]
    checksum = 0
    with open(path, "rb") as file:
        for start in starts:
            file.seek(start)
            checksum = zlib.crc32(file.read(_BLOCK), checksum)
    return checksum
