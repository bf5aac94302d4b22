"""Polygons of a class mask, as a GeoPackage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from rasterio.crs import CRS
from rasterio.features import shapes
from shapely.geometry import shape
from tqdm import tqdm

from mmda.errors import ConfigError, DataError
from mmda.raster.decoding import IGNORE
from mmda.raster.io.georeference import georeference
from mmda.raster.io.ground import (
    is_ground_metric,
    local_equal_area_crs,
    metres_per_unit,
    to_degrees,
)
from mmda.raster.io.handles import open_raster, quiet_georeference
from mmda.raster.mapping.write import read_mask_classes
from mmda.utils.files import atomic_path


@dataclass(frozen=True)
class Polygons:
    """The polygons of a class mask.

    Attributes:
        path: The GeoPackage.
        counts: Number of polygons per class name (the id where there are no names).
    """

    path: Path
    counts: Mapping[str, int]


def vectorise(
    mask: Path | str,
    out: Path | str,
    *,
    classes: Sequence[int] | None = None,
    min_area: float = 0.0,
    tolerance: float = 0.0,
    progress: bool = True,
) -> Polygons:
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
        The file and the number of polygons.

    Raises:
        DataError: If the mask is unreadable, has no CRS or is not a single uint8 band.
        ConfigError: If ``min_area`` or ``tolerance`` is negative.

    Example:
        >>> from mmda import vectorise
        >>> polygons = vectorise("mask.tif", "polygons.gpkg", min_area=2.0, progress=False)
        >>> list(polygons.counts)
        ['1']
    """
    for option, value in (("min_area", min_area), ("tolerance", tolerance)):
        if value < 0:
            raise ConfigError(f"Expected `{option}` to be 0 or more, but got {value}.")
    with quiet_georeference(), open_raster(str(mask)) as dataset:
        crs, transform = _check_mask(dataset, mask)
        names = read_mask_classes(dataset) or []
        wanted = _default_classes(dataset, names) if classes is None else sorted(set(classes))
        areas = _areas(dataset, transform, wanted)
        found = list(tqdm(areas, desc="polygons", unit="area", disable=not progress))
        ground = _Ground.of(crs, transform @ (dataset.width / 2, dataset.height / 2))
    ids = np.array([index for index, _ in found], dtype=np.int64)
    frame = gpd.GeoDataFrame({"class_id": ids}, geometry=[area for _, area in found])
    frame = frame.set_crs(crs.to_wkt())
    frame = _cleaned(frame[ground.area_m2(frame) >= min_area], tolerance, ground)
    frame["class"] = [names[i] if i < len(names) else str(i) for i in frame["class_id"]]
    frame["area_m2"] = ground.area_m2(frame)
    with atomic_path(out) as temporary:
        columns = ["class_id", "class", "area_m2", "geometry"]
        frame[columns].to_file(
            temporary, driver="GPKG", layer="polygons", engine="pyogrio", geometry_type="Polygon"
        )
    counts = {
        names[i] if i < len(names) else str(i): int((frame["class_id"] == i).sum()) for i in wanted
    }
    return Polygons(Path(out), counts)


def _check_mask(dataset: rasterio.DatasetReader, path: Path | str) -> tuple[CRS, Affine]:
    """Return CRS and transform of a raster, after a check that it is a mask."""
    if dataset.count != 1 or dataset.dtypes[0] != "uint8":
        raise DataError(
            f"`{path}` has {dataset.count} bands of {dataset.dtypes[0]}; expected a class mask of "
            "one uint8 band."
        )
    place = georeference(dataset, str(path))
    if place.crs is None or place.transform is None:
        raise DataError(
            f"`{path}` cannot be placed on the ground, so its areas in square metres are unknown; "
            f"polygons need a CRS: {place.advice}."
        )
    return place.crs, place.transform


def _default_classes(dataset: rasterio.DatasetReader, names: Sequence[str]) -> list[int]:
    """Return all class ids of the mask but a background of id 0."""
    if names:
        return list(range(1 if names[0].lower() == "background" else 0, len(names)))
    present: set[int] = set()
    for _, window in dataset.block_windows(1):
        present.update(np.unique(dataset.read(1, window=window)).tolist())
    return sorted(present - {0, IGNORE})


def _areas(
    dataset: rasterio.DatasetReader, transform: Affine, wanted: Sequence[int]
) -> Iterator[tuple[int, shapely.Geometry]]:
    """Yield ``(class id, polygon)``, streaming the band."""
    keep = set(wanted)
    source = rasterio.band(dataset, 1)
    for geometry, value in shapes(source, connectivity=4, transform=transform):
        if int(value) in keep:
            yield int(value), shape(geometry)


@dataclass(frozen=True)
class _Ground:
    """Measures polygons in metres on the ground.

    Attributes:
        across: Metres per CRS unit along x, at the centre of the mask.
        up: Metres per CRS unit along y.
        equal_area: CRS for areas; ``None`` where the mask's own metres are ground metres.
    """

    across: float
    up: float
    equal_area: str | None

    @classmethod
    def of(cls, crs: CRS, centre: tuple[float, float]) -> _Ground:
        """Return the measures of a CRS around a place in its coordinates."""
        across, up = metres_per_unit(crs, *centre)
        if is_ground_metric(crs, *centre):
            return cls(across, up, None)
        return cls(across, up, local_equal_area_crs(to_degrees(crs, *centre)[0]))

    def area_m2(self, frame: gpd.GeoDataFrame) -> np.ndarray:
        """Return the polygons' areas in square metres, geodesic where the CRS's are not."""
        if self.equal_area is None:
            return shapely.area(frame.geometry.to_numpy()) * self.across * self.up
        return frame.geometry.to_crs(self.equal_area).area.to_numpy()

    def simplify(self, geometry: np.ndarray, tolerance: float) -> np.ndarray:
        """Simplify polygons by up to ``tolerance`` metres."""
        scale = np.array([self.across, self.up])
        metres = shapely.transform(geometry, lambda points: points * scale)
        return shapely.transform(shapely.simplify(metres, tolerance), lambda p: p / scale)


def _cleaned(frame: gpd.GeoDataFrame, tolerance: float, ground: _Ground) -> gpd.GeoDataFrame:
    """Simplify, make valid and split into single polygons; leave out empty ones."""
    geometry = frame.geometry.to_numpy()
    if tolerance and len(geometry):
        geometry = ground.simplify(geometry, tolerance)
    frame = frame.set_geometry(gpd.GeoSeries(shapely.make_valid(geometry), frame.index, frame.crs))
    frame = frame.explode(ignore_index=True)
    polygons = frame.geometry.geom_type == "Polygon"
    return frame[polygons & (shapely.area(frame.geometry.to_numpy()) > 0)].reset_index(drop=True)
