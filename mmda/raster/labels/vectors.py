"""Vector labels: read for one scene, reprojected, widened, and burnt area by area."""

from __future__ import annotations

from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS

from mmda.errors import ConfigError, DataError, did_you_mean
from mmda.raster.decoding import IGNORE
from mmda.raster.io.grid import Grid
from mmda.raster.scene import VectorLabels
from mmda.raster.windows import Window

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".parquet", ".geoparquet", ".fgb")
_WIDEST = 200.0  # metres: no road of a width column is wider


class VectorBurner:
    """The features of one scene, ready to be burnt onto any area of its grid."""

    def __init__(self, spec: VectorLabels, grid: Grid, classes: int) -> None:
        """Read the features that fall inside the grid.

        Args:
            spec: The vector file and how it is read.
            grid: The target grid; it needs a CRS.
            classes: Number of classes, which bounds the burnt ids.

        Raises:
            DataError: When a CRS is missing, or the file, a column or a class does not fit.
        """
        from shapely import STRtree

        crs, transform = require_crs(spec, grid)
        frame = _read_frame(spec, crs, _bounds(grid, transform))
        frame = frame[~(frame.geometry.is_empty | frame.geometry.isna())]
        # Lines of no width go, so classes are taken from what is left.
        frame = _widen(spec, frame).to_crs(crs.to_wkt())
        self._transform = transform
        self._geometries = list(frame.geometry)
        self._values = _class_values(spec, frame, classes)
        self._tree = STRtree(self._geometries)

    def __len__(self) -> int:
        return len(self._geometries)

    def read(self, area: Window) -> np.ndarray:
        """Burn an area of the grid: class ids ``(height, width)``, uint8, 0 where nothing is.

        A pixel belongs to a polygon when its centre does; later features cover earlier ones.
        """
        from rasterio.features import rasterize
        from shapely import box

        transform = self._transform * Affine.translation(area.col, area.row)
        corners = [transform * (x, y) for x in (0, area.width) for y in (0, area.height)]
        xs, ys = zip(*corners, strict=True)
        hits = np.sort(self._tree.query(box(min(xs), min(ys), max(xs), max(ys))))
        if not len(hits):
            return np.zeros((area.height, area.width), np.uint8)
        shapes = [(self._geometries[i], int(self._values[i])) for i in hits]
        out_shape = (area.height, area.width)
        return rasterize(shapes, out_shape, fill=0, transform=transform, dtype="uint8")


def require_crs(spec: VectorLabels, grid: Grid) -> tuple[CRS, Affine]:
    """Return CRS and transform of the grid, which vector labels need."""
    if grid.crs is None or grid.transform is None:
        raise DataError(
            f"The vector labels `{spec.path}` cannot be placed on a raster without CRS: assign one "
            "(`gdal_edit.py -a_srs EPSG:...`), or give mask rasters instead."
        )
    return grid.crs, grid.transform


def check_vectors(spec: VectorLabels, classes: int) -> None:
    """Check a vector file from its header alone: it opens, has a CRS and the named columns.

    Raises:
        DataError: When it does not.
        ConfigError: When the burnt class is not one of the classes.
    """
    columns, crs = _read_schema(spec)
    if crs is None:
        raise DataError(
            f"The vector labels `{spec.path}` have no CRS, so they cannot be placed on the raster. "
            "Assign one, e.g. `ogr2ogr -a_srs EPSG:... out.gpkg in.gpkg`."
        )
    wanted = [spec.attribute, spec.width if isinstance(spec.width, str) else None]
    for column in filter(None, wanted):
        if column not in columns:
            raise DataError(
                f"`{spec.path}` has no column `{column}`; its columns are "
                f"{', '.join(map(str, columns)) or '(none)'}." + did_you_mean(column, columns)
            )
    targets = list((spec.class_map or {}).values()) or [spec.burn]
    for target in targets:
        if target != IGNORE and not 0 <= target < classes:
            raise ConfigError(
                f"The labels `{spec.path}` are mapped to class {target}, but the classes are "
                f"0..{classes - 1} and 255 (ignore)."
            )


def _read_schema(spec: VectorLabels) -> tuple[list[str], Any]:
    import pyogrio

    try:
        if _is_parquet(spec.path):
            import geopandas

            frame = geopandas.read_parquet(spec.path)
            return list(frame.columns), frame.crs
        info = pyogrio.read_info(spec.path, layer=spec.layer)
        return list(info["fields"]), info["crs"]
    except Exception as error:
        raise DataError(f"Cannot read the vector labels `{spec.path}`: {error}.") from error


def _read_frame(spec: VectorLabels, crs: CRS, bounds: tuple[float, ...]) -> Any:
    """Read the features within ``bounds`` (of ``crs``), with the columns that are needed."""
    import geopandas
    import pyogrio
    from shapely import box

    schema_crs = _read_schema(spec)[1]
    area = geopandas.GeoSeries([box(*bounds)], crs=crs.to_wkt())
    if spec.width is not None:
        # Lines outside the raster reach into it by half their width.
        reach = _WIDEST / 2 if isinstance(spec.width, str) else spec.width / 2
        area = area.to_crs(area.estimate_utm_crs()).buffer(reach, join_style="mitre")
    outline = area.segmentize(area.length.iloc[0] / 64)
    bbox = tuple(outline.to_crs(schema_crs).total_bounds)
    if _is_parquet(spec.path):
        return geopandas.read_parquet(spec.path).cx[bbox[0] : bbox[2], bbox[1] : bbox[3]]
    columns = [spec.attribute, spec.width if isinstance(spec.width, str) else None]
    return pyogrio.read_dataframe(
        spec.path, layer=spec.layer, bbox=bbox, columns=[c for c in columns if c]
    )


def _class_values(spec: VectorLabels, frame: Any, classes: int) -> np.ndarray:
    """Return the class id of every feature, uint8."""
    if spec.attribute is None:
        return np.full(len(frame), spec.burn, np.uint8)
    texts = [_as_text(value) for value in frame[spec.attribute]]
    table = spec.class_map
    if table is None:
        table = {str(i): i for i in [*range(classes), IGNORE]}
    found = [table.get(text, table.get("*")) for text in texts]
    unknown = sorted({text for text, value in zip(texts, found, strict=True) if value is None})
    if unknown:
        raise DataError(
            f"`{spec.path}`, column `{spec.attribute}`: no class for {', '.join(unknown[:5])}"
            f"{f' and {len(unknown) - 5} more' if len(unknown) > 5 else ''}; known are "
            f"{', '.join(table)}. Add them to the label map (`VALUE=ID`, or `*=ID`)."
        )
    return np.array(found, np.uint8)


def _widen(spec: VectorLabels, frame: Any) -> Any:
    """Buffer lines and points by half the width, in metres, in a projected CRS.

    Polygons stay as they are; lines and points of no width are left out.
    """
    from shapely import get_dimensions

    if spec.width is None or not len(frame):
        return frame
    half = _widths(spec, frame) / 2
    local = frame.to_crs(frame.estimate_utm_crs())
    dimensions = get_dimensions(local.geometry.to_numpy())
    for dimension, cap in ((0, "round"), (1, "flat")):  # a flat cap makes nothing of a point
        chosen = dimensions == dimension
        shapes = local.geometry[chosen].buffer(half[chosen], cap_style=cap)
        local.loc[chosen, local.geometry.name] = shapes.to_numpy()
    return local[(dimensions == 2) | (half > 0)]


def _widths(spec: VectorLabels, frame: Any) -> np.ndarray:
    """Return the full width of every feature in metres, 0 where its column is empty."""
    import pandas

    if not isinstance(spec.width, str):
        return np.full(len(frame), spec.width, float)
    column = frame[spec.width]
    widths = pandas.to_numeric(column, errors="coerce")
    odd = column[widths.isna() & column.notna()]
    if len(odd):
        raise DataError(
            f"`{spec.path}`, column `{spec.width}`: `{odd.iloc[0]}` is no width in metres "
            f"({len(odd)} such values). Give a column of numbers, or one width for all lines."
        )
    return widths.fillna(0).to_numpy(float)


def _bounds(grid: Grid, transform: Affine) -> tuple[float, ...]:
    corners = [transform * (x, y) for x in (0, grid.width) for y in (0, grid.height)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _is_parquet(path: str) -> bool:
    return path.lower().endswith("parquet")


def _as_text(value: Any) -> str:
    import pandas

    if pandas.isna(value):
        return "null"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
