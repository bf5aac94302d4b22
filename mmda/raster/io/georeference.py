"""Where a raster lies: by its transform, or by ground control points that amount to one."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import Any

from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.transform import from_gcps

_MOST_RESIDUAL = 0.5  # pixels between a control point and the affine grid that is laid through all


@dataclass(frozen=True)
class Georeference:
    """The place of a raster.

    Attributes:
        crs: Coordinate reference system, or ``None``.
        transform: Pixel to CRS coordinates, or ``None`` when the file is not georeferenced.
        advice: What a user can do about a place that is missing or cannot be used.
        gcps: Ground control points that no affine grid fits, and their CRS; ``None`` without.
    """

    crs: CRS | None
    transform: Affine | None
    advice: str = ""
    gcps: tuple[list[GroundControlPoint], CRS | None] | None = None


def georeference(dataset: Any, path: str) -> Georeference:
    """Read where an open raster lies."""
    if dataset.transform != Affine.identity():
        return Georeference(dataset.crs, dataset.transform, _assign(path))
    points, crs = dataset.gcps
    if not points:
        advice = _assign(path)
        if dataset.rpcs is not None:
            advice = f"it is placed by RPCs alone: warp it first, `gdalwarp -rpc {path} WARPED.tif`"
        return Georeference(dataset.crs, None, advice)
    transform = from_gcps(points) if len(points) >= 3 else None
    residual = math.inf if transform is None else _residual(points, transform)
    if transform is not None and residual <= _MOST_RESIDUAL:
        return Georeference(crs, transform, _assign(path))
    if not math.isfinite(residual):
        advice = (
            f"its {len(points)} ground control points do not determine a grid: add points that do "
            "not lie on one line"
        )
        return Georeference(None, None, advice, (points, crs))
    advice = (
        f"its {len(points)} ground control points lie up to {residual:.1f} pixels off any straight "
        f"grid: warp it first, `gdalwarp -tps {shlex.quote(path)} WARPED.tif`"
    )
    return Georeference(None, None, advice, (points, crs))


def _assign(path: str) -> str:
    return (
        f"it has no CRS: assign the right one, `gdal_edit.py -a_srs EPSG:... {shlex.quote(path)}`"
    )


def _residual(points: list[GroundControlPoint], transform: Affine) -> float:
    """Return how far the worst control point lies off the grid, in pixels."""
    if transform.is_degenerate:
        return math.inf
    back = ~transform
    if not all(map(math.isfinite, back)):
        return math.inf
    return max(math.dist(back @ (p.x, p.y), (p.col, p.row)) for p in points)
