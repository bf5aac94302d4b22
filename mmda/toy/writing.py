"""Writing one scene: GeoTIFFs and GeoPackages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray

from mmda.toy.layout import Layout
from mmda.utils.files import atomic_path

NO_DATA = 0
TASKS = ("buildings", "roads", "landcover")
VECTORS = ("buildings", "roads")
STREET_MARGIN = 8.0
"""Length of centre lines beyond the scene, in metres; more than half of the widest street."""

FIXED_TIME = "2000-01-01T00:00:00.000Z"
"""Written into every GeoPackage in place of the present time, so that equal runs write equal
files."""


def scene_files(folder: Path, scene: str) -> dict[str, Path]:
    """Return the files of one scene: ``image``, ``mask_<task>`` and ``vector_<name>``."""
    files = {"image": folder / "images" / f"{scene}.tif"}
    files |= {f"mask_{task}": folder / "masks" / task / f"{scene}.tif" for task in TASKS}
    files |= {f"vector_{name}": folder / "vectors" / f"{scene}_{name}.gpkg" for name in VECTORS}
    return files


def write_raster(
    path: Path, bands: NDArray[np.uint8], transform: Affine, epsg: int, nodata: int | None
) -> None:
    """Write a (bands, H, W) uint8 array as a tiled, deflated GeoTIFF."""
    count, height, width = bands.shape
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "dtype": "uint8",
        "count": count,
        "height": height,
        "width": width,
        "crs": f"EPSG:{epsg}",
        "transform": transform,
        "nodata": nodata,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "zlevel": 1,
        "interleave": "pixel",
    }
    if count == 3:
        profile |= {"photometric": "RGB", "predictor": 2}
    with atomic_path(path) as temporary, rasterio.open(temporary, "w", **profile) as raster:
        raster.write(bands)


def write_buildings(path: Path, layout: Layout, transform: Affine, gsd: float, epsg: int) -> None:
    """Write the footprints, cut at the scene's border, with ``height`` in metres."""
    shapes = np.array([b.footprint for b in layout.buildings], dtype=object)
    heights = [round(b.height, 2) for b in layout.buildings]
    _write_vectors(path, shapes, {"height": heights}, "Polygon", layout, transform, gsd, epsg, 0.0)


def write_roads(path: Path, layout: Layout, transform: Affine, gsd: float, epsg: int) -> None:
    """Write the street centre lines with ``width`` in metres.

    They are cut :data:`STREET_MARGIN` beyond the scene's border, so that there is a centre line
    also for a street of which only one half is inside.
    """
    shapes = np.array([shapely.LineString(s.line) for s in layout.network.streets], dtype=object)
    columns: dict[str, list[Any]] = {
        "width": [round(s.width, 3) for s in layout.network.streets],
        "kind": ["main" if s.main else "side" for s in layout.network.streets],
    }
    _write_vectors(path, shapes, columns, "LineString", layout, transform, gsd, epsg, STREET_MARGIN)


def _write_vectors(
    path: Path,
    shapes: NDArray[np.object_],
    columns: dict[str, list[Any]],
    kind: str,
    layout: Layout,
    transform: Affine,
    gsd: float,
    epsg: int,
    margin: float,
) -> None:
    end = layout.extent + margin
    frame = shapely.box(-margin, -margin, end, end)
    to_ground = transform @ Affine.scale(1 / gsd)
    parts, owner = shapely.get_parts(shapely.intersection(shapes, frame), return_index=True)
    whole = np.array([p.geom_type == kind and not p.is_empty for p in parts], dtype=bool)
    parts, owner = parts[whole], owner[whole]
    ground = shapely.transform(
        parts,
        lambda xy: np.column_stack(
            [to_ground.a * xy[:, 0] + to_ground.c, to_ground.e * xy[:, 1] + to_ground.f]
        ),
    )
    import geopandas

    table = geopandas.GeoDataFrame(
        {name: np.array(values)[owner] for name, values in columns.items()},
        geometry=list(ground),
        crs=f"EPSG:{epsg}",
    )
    previous = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    try:
        with atomic_path(path) as temporary:
            table.to_file(temporary, driver="GPKG", layer=path.stem, engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": previous})
