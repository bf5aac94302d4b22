"""The options of one tiling run, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mmda.errors import ConfigError
from mmda.raster.decoding import IGNORE
from mmda.raster.tiling.encode import FORMATS, check_format
from mmda.raster.windows import check_tiling

# Distinct and readable on aerial images; the first class is background in most tasks.
_PALETTE = (
    (0, 0, 0),
    (230, 60, 50),
    (255, 200, 0),
    (40, 140, 60),
    (60, 120, 220),
    (160, 90, 200),
    (0, 190, 190),
    (240, 130, 40),
    (150, 150, 150),
    (120, 80, 40),
)


@dataclass(frozen=True)
class TileOptions:
    """What the tiles of a dataset depend on, besides its scenes.

    Attributes:
        task: Name of the task, e.g. ``buildings``.
        domain: Name of the domain, e.g. ``source``.
        classes: Names of the classes, id 0 first.
        tile: Tile size in pixels; ``None`` keeps whole rasters.
        stride: Step between tiles in pixels; the tile size when ``None``.
        gsd: Target metres per pixel; each raster's own when ``None``.
        format: ``tif``, ``png`` or ``jpg``; ``none`` writes no tiles, only the manifest.
        min_valid: A tile is dropped when a smaller share of its pixels inside the raster is
            valid, 0..1. A tile without any valid pixel is always dropped.
        edge: ``shift``, ``pad`` or ``drop``, see :func:`mmda.raster.windows.axis_starts`.
    """

    task: str
    domain: str
    classes: tuple[str, ...]
    tile: int | None = 512
    stride: int | None = None
    gsd: float | None = None
    format: str = "tif"
    min_valid: float = 0.5
    edge: str = "shift"

    def __post_init__(self) -> None:
        check_tiling(self.tile, self.stride, self.edge)
        check_format(self.format, 1, "uint8")
        if not 0 <= self.min_valid <= 1:
            raise ConfigError(f"min_valid must lie in 0..1, but got {self.min_valid}.")
        if self.gsd is not None and not 0 < self.gsd < float("inf"):
            raise ConfigError(f"The GSD must be positive (metres/pixel), but got {self.gsd}.")
        if not 2 <= len(self.classes) < IGNORE - 1:
            raise ConfigError(f"Expected 2 to 253 classes, but got {len(self.classes)}.")
        if len(set(self.classes)) != len(self.classes):
            raise ConfigError(f"Class names repeat: {', '.join(self.classes)}.")

    def to_json(self) -> dict[str, Any]:
        """Return the options as plain values."""
        return {**asdict(self), "classes": list(self.classes)}


def make_palette(
    palette: Sequence[Sequence[int]] | None, classes: Sequence[str]
) -> list[list[int]]:
    """Return one ``[r, g, b]`` per class (0..255), a default one when none is given."""
    if palette is None:
        return [list(_PALETTE[i % len(_PALETTE)]) for i in range(len(classes))]
    if len(palette) != len(classes):
        raise ConfigError(f"The palette has {len(palette)} colours for {len(classes)} classes.")
    return [[int(value) for value in color] for color in palette]


__all__ = ["FORMATS", "TileOptions", "make_palette"]
