"""Reading vector files: their columns and place, and the features of an area."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mmda.errors import ConfigError, DataError, did_you_mean
from mmda.raster.decoding import IGNORE
from mmda.raster.io.ground import near
from mmda.raster.scene import VectorLabels

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".parquet", ".geoparquet", ".fgb")
Bounds = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""


@dataclass(frozen=True)
class Schema:
    """The header of a vector file.

    Attributes:
        columns: Names of its columns.
        crs: Its CRS (an object or text that pyproj reads), or ``None``.
        bounds: Its extent in units of the CRS, or ``None`` for a file without features.
    """

    columns: list[str]
    crs: Any
    bounds: Bounds | None


def read_schema(spec: VectorLabels) -> Schema:
    """Read the header of a vector file.

    Raises:
        DataError: When the file cannot be read.
    """
    import numpy as np
    import pyogrio

    try:
        if _is_parquet(spec.path):
            import geopandas

            frame = geopandas.read_parquet(spec.path)
            columns, crs, bounds = list(frame.columns), frame.crs, frame.total_bounds
        else:
            info = pyogrio.read_info(spec.path, layer=spec.layer, force_total_bounds=True)
            columns, crs, bounds = list(info["fields"]), info["crs"], info["total_bounds"]
    except Exception as error:
        raise DataError(f"Cannot read the vector labels `{spec.path}`: {error}.") from error
    known = bounds is not None and bool(np.isfinite(bounds).all())
    return Schema(columns, crs, tuple(map(float, bounds)) if known else None)  # type: ignore[arg-type]


def check_vectors(spec: VectorLabels, classes: int) -> Schema:
    """Check a vector file from its header alone: it opens, has a CRS and the named columns.

    Raises:
        DataError: When it does not.
        ConfigError: When the burnt class is not one of the classes.
    """
    schema = read_schema(spec)
    if schema.crs is None:
        raise DataError(
            f"The vector labels `{spec.path}` have no CRS, so they cannot be placed on the raster. "
            "Assign one, e.g. `ogr2ogr -a_srs EPSG:... out.gpkg in.gpkg`."
        )
    wanted = [spec.attribute, spec.width if isinstance(spec.width, str) else None]
    for column in filter(None, wanted):
        if column not in schema.columns:
            raise DataError(
                f"`{spec.path}` has no column `{column}`; its columns are "
                f"{', '.join(map(str, schema.columns)) or '(none)'}."
                + did_you_mean(column, schema.columns)
            )
    targets = list((spec.class_map or {}).values()) or [spec.burn]
    for target in targets:
        if target != IGNORE and not 0 <= target < classes:
            raise ConfigError(
                f"The labels `{spec.path}` are mapped to class {target}, but the classes are "
                f"0..{classes - 1} and 255 (ignore)."
            )
    return schema


def check_place(path: str, schema: Schema, rasters: Sequence[Bounds]) -> None:
    """Refuse a layer that touches none of the rasters: it would make everything background.

    Args:
        path: The vector file.
        schema: Its header.
        rasters: Extents of the rasters in degrees, longitudes within 180 of 0 or beyond.

    Raises:
        DataError: When the layer lies elsewhere.
    """
    if schema.bounds is None or not rasters:
        return
    layer = _in_degrees(schema)
    # Lines are widened, so a layer may lie a little off.
    if layer is None or any(_touch(layer, raster, 0.01) for raster in rasters):
        return
    union = (
        min(r[0] for r in rasters),
        min(r[1] for r in rasters),
        max(r[2] for r in rasters),
        max(r[3] for r in rasters),
    )
    turned = (layer[1], layer[0], layer[3], layer[2])
    swapped = any(_touch(turned, raster, 0.01) for raster in rasters)
    advice = (
        "Its latitude and longitude seem to be swapped: write them in the order x, y"
        if swapped
        else "Is its CRS the right one (another UTM zone)? Assign the right one with `ogr2ogr "
        "-a_srs EPSG:...`, or give the layer of this area"
    )
    raise DataError(
        f"The vector labels `{path}` lie elsewhere: {_described(layer)}; the rasters cover "
        f"{_described(union)}. {advice}."
    )


def read_features(spec: VectorLabels, bounds: Bounds) -> Any:
    """Read the features within ``bounds`` of the file's CRS, with the columns that are needed."""
    import geopandas
    import pyogrio

    if _is_parquet(spec.path):
        frame = geopandas.read_parquet(spec.path)
        return frame.cx[bounds[0] : bounds[2], bounds[1] : bounds[3]]
    columns = [spec.attribute, spec.width if isinstance(spec.width, str) else None]
    return pyogrio.read_dataframe(
        spec.path, layer=spec.layer, bbox=bounds, columns=[c for c in columns if c]
    )


def longitude_bands(outline: Any, crs: Any, centre: float) -> list[Bounds]:
    """Return the bounds of an outline in another CRS: two where it lies across 180 degrees.

    Args:
        outline: A ``GeoSeries`` with one polygon.
        crs: The CRS of the bounds.
        centre: Longitude of the outline's centre in degrees.
    """
    import numpy as np
    import pyproj
    import shapely

    moved = outline.to_crs(crs)
    if not pyproj.CRS(crs).is_geographic:
        return [tuple(map(float, moved.total_bounds))]  # type: ignore[list-item]
    points = shapely.get_coordinates(moved.to_numpy())
    points = points[np.isfinite(points).all(axis=1)]
    middle = near(centre, 0.0)
    longitudes = near(points[:, 0], middle)
    west, east = float(longitudes.min()), float(longitudes.max())
    south, north = float(points[:, 1].min()), float(points[:, 1].max())
    bands = [(west, south, east, north)]
    # Layers hold longitudes from -180 to 180, or on from 180 as the raster does.
    for turn in (-360.0, 360.0):
        if east + turn > -180.0 and west + turn < 180.0 and (east > 180.0 or west < -180.0):
            bands.append((west + turn, south, east + turn, north))
    return bands


def _in_degrees(schema: Schema) -> Bounds | None:
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        transformer = Transformer.from_crs(schema.crs, 4326, always_xy=True)
        west, south, east, north = transformer.transform_bounds(*schema.bounds)  # type: ignore[misc]
    except ProjError:
        return None
    return (west, south, east if east >= west else east + 360.0, north)


def _touch(one: Bounds, other: Bounds, margin: float) -> bool:
    """Tell whether two extents in degrees touch, wherever their longitudes are counted from."""
    if one[1] > other[3] + margin or one[3] < other[1] - margin:
        return False
    turns = (-360.0, 0.0, 360.0)
    return any(one[0] + t <= other[2] + margin and one[2] + t >= other[0] - margin for t in turns)


def _described(bounds: Bounds) -> str:
    west, south, east, north = bounds
    return f"longitude {west:.4f} to {east:.4f}, latitude {south:.4f} to {north:.4f}"


def extents(places: Iterable[tuple[Any, Any, int, int]]) -> list[Bounds]:
    """Return the extents in degrees of rasters, given by CRS, transform, height and width."""
    from pyproj.exceptions import ProjError

    from mmda.raster.io.ground import to_degrees

    found: list[Bounds] = []
    for crs, transform, height, width in places:
        corners = [transform @ (x, y) for x in (0, width) for y in (0, height)]
        try:
            degrees = [to_degrees(crs, x, y) for x, y in corners]
        except ProjError:
            continue
        longitudes = [near(x, degrees[0][0]) for x, _ in degrees]
        latitudes = [y for _, y in degrees]
        found.append((min(longitudes), min(latitudes), max(longitudes), max(latitudes)))
    return found


def _is_parquet(path: str) -> bool:
    return path.lower().endswith("parquet")
