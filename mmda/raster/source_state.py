"""What a manifest without tiles tells of its rasters, to notice when they have changed."""

from __future__ import annotations

import json
import os
from typing import Any

from mmda.errors import DataError
from mmda.raster.header import RasterHeader
from mmda.raster.scene import Scene, is_local


def source_state(scene: Scene, header: RasterHeader) -> str:
    """Return size, georeference and bytes of a scene's files as text."""
    return json.dumps(_state(scene, header))


def check_source(scene: Scene, header: RasterHeader, text: str) -> None:
    """Compare a scene's files with what :func:`source_state` told of them.

    Raises:
        DataError: When they are others; it names the first thing that differs.
    """
    now = _state(scene, header)
    for name, before in json.loads(text).items():
        if now[name] != before:
            path = scene.label.path if name == "label_bytes" and scene.label else scene.image
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
        "image_bytes": _bytes(scene.image),
        "label_bytes": _bytes(scene.label.path) if scene.label else None,
    }


def _bytes(path: str) -> int | None:
    """Return a local file's size in bytes; ``None`` where that is unknown."""
    return os.path.getsize(path) if is_local(path) and os.path.exists(path) else None
