"""Polygons of a class mask, as a GeoPackage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.features import shapes
from shapely.geometry import shape
from tqdm import tqdm

from mmda.errors import ConfigError, DataError
from mmda.raster.io.scene_input import METRES_PER_DEGREE, open_scene
from mmda.raster.mapping.write import IGNORE, read_mask_classes
from mmda.utils.files import atomic_path

EQUAL_AREA = "EPSG:6933"


def vectorise(
    mask: Path | str,
    out: Path | str,
    *,
    classes: Sequence[int] | None = None,
    min_area: float = 0.0,
    tolerance: float = 0.0,
    progress: bool = True,
) -> dict[str, int]:
    """Write the connected areas of a class mask as polygons.

    The layer ``polygons`` has the columns ``class_id``, ``class`` and ``area_m2`` (square metres
    of the written polygon). Pixels are connected along their sides. Polygons are simplified one by
    one (Douglas-Peucker), so neighbours may come to overlap by up to ``tolerance``.

    Args:
        mask: Class mask with a CRS, as :func:`~mmda.raster.mapping.predict.predict_raster` makes
            it.
        out: The GeoPackage to write.
        classes: Class ids to write; by default all but class 0 when that is the background
            (named so, or the mask holds no names).
        min_area: Leave out areas smaller than this, in square metres.
        tolerance: Simplification tolerance in metres; 0 keeps the pixels' outline.
        progress: Show a progress bar on stderr.

    Returns:
        Number of polygons per class name (the id where there are no names).

    Raises:
        DataError: If the mask is unreadable, has no CRS or is not a single uint8 band.
        ConfigError: If ``min_area`` or ``tolerance`` is negative.
    """
    for option, value in (("min_area", min_area), ("tolerance", tolerance)):
        if value < 0:
            raise ConfigError(f"Expected `{option}` to be 0 or more, but got {value}.")
    with open_scene(mask) as dataset:
        _check_mask(dataset, mask)
        names = read_mask_classes(dataset) or []
        wanted = _default_classes(dataset, names) if classes is None else sorted(set(classes))
        bar = tqdm(_areas(dataset, wanted), desc="polygons", unit="area", disable=not progress)
        found = list(bar)
        crs = dataset.crs
    ids = np.array([index for index, _ in found], dtype=np.int64)
    frame = gpd.GeoDataFrame({"class_id": ids}, geometry=[area for _, area in found], crs=crs)
    frame = _cleaned(frame[_area_m2(frame) >= min_area], tolerance)
    frame["class"] = [names[i] if i < len(names) else str(i) for i in frame["class_id"]]
    frame["area_m2"] = _area_m2(frame)
    with atomic_path(out) as temporary:
        columns = ["class_id", "class", "area_m2", "geometry"]
        frame[columns].to_file(
            temporary, driver="GPKG", layer="polygons", engine="pyogrio", geometry_type="Polygon"
        )
    return {
        names[i] if i < len(names) else str(i): int((frame["class_id"] == i).sum()) for i in wanted
    }


def _check_mask(dataset: rasterio.DatasetReader, path: Path | str) -> None:
    if dataset.count != 1 or dataset.dtypes[0] != "uint8":
        raise DataError(
            f"`{path}` has {dataset.count} bands of {dataset.dtypes[0]}; expected a class mask of "
            "one uint8 band."
        )
    if dataset.crs is None:
        raise DataError(
            f"`{path}` has no CRS, so its areas in square metres are unknown; polygons need one. "
            "Assign it with `gdal_edit.py -a_srs EPSG:<code> FILE`."
        )


def _default_classes(dataset: rasterio.DatasetReader, names: Sequence[str]) -> list[int]:
    """Return all class ids of the mask but a background of id 0."""
    if names:
        return list(range(1 if names[0].lower() == "background" else 0, len(names)))
    present: set[int] = set()
    for _, window in dataset.block_windows(1):
        present.update(np.unique(dataset.read(1, window=window)).tolist())
    return sorted(present - {0, IGNORE})


def _areas(
    dataset: rasterio.DatasetReader, wanted: Sequence[int]
) -> Iterator[tuple[int, shapely.Geometry]]:
    """Yield ``(class id, polygon)``, streaming the band."""
    keep = set(wanted)
    source = rasterio.band(dataset, 1)
    for geometry, value in shapes(source, connectivity=4, transform=dataset.transform):
        if int(value) in keep:
            yield int(value), shape(geometry)


def _area_m2(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Return the areas in square metres: planar in a projected CRS, else equal-area."""
    if frame.crs.is_geographic:
        return frame.geometry.to_crs(EQUAL_AREA).area.to_numpy()
    return frame.geometry.area.to_numpy() * _metres_per_unit(frame) ** 2


def _metres_per_unit(frame: gpd.GeoDataFrame) -> float:
    """Return how many metres one unit of the frame's CRS is (degrees: along the meridian)."""
    if frame.crs.is_geographic:
        return METRES_PER_DEGREE
    return float(frame.crs.axis_info[0].unit_conversion_factor)


def _cleaned(frame: gpd.GeoDataFrame, tolerance: float) -> gpd.GeoDataFrame:
    """Simplify, make valid and split into single polygons; leave out empty ones."""
    geometry = frame.geometry.to_numpy()
    if tolerance:
        geometry = shapely.simplify(geometry, tolerance / _metres_per_unit(frame))
    frame = frame.set_geometry(gpd.GeoSeries(shapely.make_valid(geometry), frame.index, frame.crs))
    frame = frame.explode(ignore_index=True)
    polygons = frame.geometry.geom_type == "Polygon"
    return frame[polygons & (frame.geometry.area > 0)].reset_index(drop=True)
