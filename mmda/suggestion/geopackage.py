"""Suggested tiles as polygons in a GeoPackage."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine

from mmda.utils.files import atomic_path

LAYER = "suggested"


def write_tiles(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Sequence[Any]], path: Path
) -> None:
    """Write one polygon per tile, in the CRS of its raster.

    Tiles of another CRS than the first one's are brought to that. Where no raster has a place on
    the ground, the polygons are in pixels of the raster, y = 0 at its top and negative below.

    Args:
        rows: Rows of the manifest.
        columns: Attributes of the tiles by name, in the same order.
        path: The GeoPackage, which appears when it is whole.
    """
    crs = next((row["crs"] for row in rows if _placed(row)), None)
    polygons = [_polygon(row, crs) for row in rows]
    frame = gpd.GeoDataFrame(dict(columns), geometry=polygons, crs=crs)
    with atomic_path(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        frame.to_file(
            temporary, driver="GPKG", layer=LAYER, engine="pyogrio", geometry_type="Polygon"
        )


def _placed(row: Mapping[str, Any]) -> bool:
    return row["crs"] is not None and row["transform"] is not None


def _polygon(row: Mapping[str, Any], crs: str | None) -> shapely.Polygon | None:
    """Return the outline of a tile in ``crs``; ``None`` if it alone has no place on the ground."""
    if crs is not None and not _placed(row):
        return None
    pixels = Affine(1, 0, row["col"], 0, -1, -row["row"])
    to_crs = pixels if row["transform"] is None else Affine(*row["transform"])
    height, width = row["height"], row["width"]
    corners = [to_crs @ corner for corner in ((0, 0), (width, 0), (width, height), (0, height))]
    outline = shapely.Polygon(np.array(corners))
    if crs is None or row["crs"] == crs:
        return outline
    return gpd.GeoSeries([outline], crs=row["crs"]).to_crs(crs).iloc[0]
