"""Why a scene could not be converted, in words."""

from __future__ import annotations

import traceback
from pathlib import Path

from mmda.errors import MMDAError
from mmda.raster.scene import Scene


def why(error: Exception, scene: Scene) -> str:
    """Return an error's message; an unexpected error also names the scene and the code line."""
    if isinstance(error, MMDAError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return (
        f"Cannot tile `{scene.image}`: {type(error).__name__}: {error}{place}. This error is "
        "unexpected: check the image and its label, or leave them out."
    )
