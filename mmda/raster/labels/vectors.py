"""Vector labels: read for one scene, reprojected, widened, and burnt area by area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS

from mmda.errors import DataError
from mmda.raster.decoding import IGNORE
from mmda.raster.io.grid import Grid
from mmda.raster.io.ground import local_metric_crs, near, to_degrees
from mmda.raster.labels.vector_files import longitude_bands, read_features, read_schema
from mmda.raster.scene import VectorLabels
from mmda.raster.windows import Window

_NEAR_180 = 170.0  # degrees: rasters from here on may have features on the other side of 180
_WIDEST = 200.0  # metres: no road of a width column is wider


class VectorBurner:
    """The features of one scene, ready to be burnt onto any area of its grid."""

    def __init__(self, spec: VectorLabels, grid: Grid, classes: Sequence[str]) -> None:
        """Read the features that fall inside the grid.

        Args:
            spec: The vector file and how it is read.
            grid: The target grid; it needs a CRS.
            classes: Names of the classes.

        Raises:
            DataError: When a CRS is missing, or the file, a column or a class does not fit.
        """
        from shapely import STRtree

        crs, transform = require_crs(spec, grid)
        centre = to_degrees(crs, *(transform @ (grid.width / 2, grid.height / 2)))
        frame = _read_frame(spec, grid, centre)
        frame = frame[~(frame.geometry.is_empty | frame.geometry.isna())]
        # Lines of no width go, so classes are taken from what is left.
        frame = _widen(spec, frame, centre)
        projected = frame.crs is not None and not frame.crs.is_geographic
        frame = frame.to_crs(crs.to_wkt())
        self._transform = transform
        self._geometries = list(frame.geometry)
        self._values = _class_values(spec, frame, classes)
        if crs.is_geographic:
            if projected and abs(near(centre[0], 0.0)) > _NEAR_180:
                self._geometries = _mended(self._geometries, centre[0])
            self._add_turns(grid, transform)
        self._tree = STRtree(self._geometries)

    def _add_turns(self, grid: Grid, transform: Affine) -> None:
        """Add features a full turn away that touch the grid, which may reach beyond 180 degrees."""
        import shapely

        corners = [transform @ (x, y) for x in (0, grid.width) for y in (0, grid.height)]
        west, east = min(x for x, _ in corners), max(x for x, _ in corners)
        own, values = np.array(self._geometries, dtype=object), self._values
        for turn in (-360.0, 360.0):
            bounds = shapely.bounds(own) if len(own) else np.empty((0, 4))
            touches = (bounds[:, 0] + turn <= east) & (bounds[:, 2] + turn >= west)
            moved = shapely.transform(own[touches], lambda p, turn=turn: np.add(p, (turn, 0)))
            self._geometries += list(moved)
            self._values = np.concatenate([self._values, values[touches]])

    def __len__(self) -> int:
        return len(self._geometries)

    def kinds(self) -> set[str]:
        """Return the kinds of geometries that are burnt, such as ``Polygon``."""
        return {geometry.geom_type for geometry in self._geometries}

    def read(self, area: Window) -> np.ndarray:
        """Burn an area of the grid: class ids ``(height, width)``, uint8, 0 where nothing is.

        A pixel belongs to a polygon when its centre does; later features cover earlier ones.
        """
        from rasterio.features import rasterize
        from shapely import box

        transform = self._transform @ Affine.translation(area.col, area.row)
        corners = [transform @ (x, y) for x in (0, area.width) for y in (0, area.height)]
        xs, ys = zip(*corners, strict=True)
        hits = np.sort(self._tree.query(box(min(xs), min(ys), max(xs), max(ys))))
        if not len(hits):
            return np.zeros((area.height, area.width), np.uint8)
        shapes = [(self._geometries[i], int(self._values[i])) for i in hits]
        out_shape = (area.height, area.width)
        return rasterize(shapes, out_shape, fill=0, transform=transform, dtype="uint8")


def require_crs(spec: VectorLabels, grid: Grid, advice: str = "") -> tuple[CRS, Affine]:
    """Return CRS and transform of the grid, which vector labels need.

    Args:
        spec: The vector labels.
        grid: The grid to burn them on.
        advice: What the raster's header says about a place that is missing.

    Raises:
        DataError: When the grid has none.
    """
    if grid.crs is None or grid.transform is None:
        raise DataError(
            f"The vector labels `{spec.path}` cannot be placed on a raster without CRS"
            f"{f' ({advice})' if advice else ''}. Mend the raster, or give masks as labels."
        )
    return grid.crs, grid.transform


def _read_frame(spec: VectorLabels, grid: Grid, centre: tuple[float, float]) -> Any:
    """Read the features that may touch the grid, with the columns that are needed."""
    import geopandas
    import pandas
    import shapely

    crs, transform = require_crs(spec, grid)
    corners = [transform @ (x, y) for x in (0, grid.width) for y in (0, grid.height)]
    xs, ys = zip(*corners, strict=True)
    box = shapely.box(min(xs), min(ys), max(xs), max(ys))
    area = geopandas.GeoSeries([box], crs=crs.to_wkt())
    if spec.width is not None:
        # Lines outside the raster reach into it by half their width.
        reach = _WIDEST / 2 if isinstance(spec.width, str) else spec.width / 2
        area = area.to_crs(local_metric_crs(*centre)).buffer(reach, join_style="mitre")
    outline = area.segmentize(shapely.length(area.iloc[0]) / 64)
    schema = read_schema(spec)
    found = [
        read_features(spec, bounds) for bounds in longitude_bands(outline, schema.crs, centre[0])
    ]
    return found[0] if len(found) == 1 else pandas.concat(found).reset_index(drop=True)


def _mended(geometries: list[Any], centre: float) -> list[Any]:
    """Put polygons together that a projection to degrees has torn at 180 degrees."""
    from shapely import transform as change

    turned = change(
        np.array(geometries, dtype=object),
        lambda points: np.column_stack([near(points[:, 0], centre), points[:, 1]]),
    )
    return list(turned)


def _class_values(spec: VectorLabels, frame: Any, classes: Sequence[str]) -> np.ndarray:
    """Return the class id of every feature, uint8."""
    if spec.attribute is None:
        return np.full(len(frame), spec.burn, np.uint8)
    texts = [_as_text(value) for value in frame[spec.attribute]]
    table = spec.class_map
    if table is None:
        ids = [*range(len(classes)), IGNORE]
        table = {**{name: i for i, name in enumerate(classes)}, **{str(i): i for i in ids}}
    found = [table.get(text, table.get("*")) for text in texts]
    unknown = sorted({text for text, value in zip(texts, found, strict=True) if value is None})
    if unknown:
        raise DataError(
            f"`{spec.path}`, column `{spec.attribute}`: no class for {', '.join(unknown[:5])}"
            f"{f' and {len(unknown) - 5} more' if len(unknown) > 5 else ''}; known are "
            f"{', '.join(table)}. Give each a class: as `VALUE=ID` or `*=ID` where a label map is "
            "taken, or in the layer itself."
        )
    return np.array(found, np.uint8)


def _widen(spec: VectorLabels, frame: Any, centre: tuple[float, float]) -> Any:
    """Buffer lines and points by half the width, in ground metres.

    Polygons stay as they are; lines and points of no width are left out.
    """
    from shapely import get_dimensions

    if spec.width is None or not len(frame):
        return frame
    half = _widths(spec, frame) / 2
    local = frame.to_crs(local_metric_crs(*centre))
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


def _as_text(value: Any) -> str:
    import pandas

    if pandas.isna(value):
        return "null"
    if isinstance(value, (bool, np.bool_)):
        return str(value).lower()  # `true` and `false`, as GeoJSON and GDAL write them
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
