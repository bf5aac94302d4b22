"""A map as an item of a SpatioTemporal Asset Catalog (STAC 1.1.0, https://stacspec.org)."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import RasterioError
from rasterio.warp import transform_geom

from mmda.raster.mapping.legend import LegendEntry
from mmda.raster.mapping.tags import ACQUIRED, METRICS, MODEL

EXTENSIONS = "https://stac-extensions.github.io"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
TYPES = {".tif": COG, ".tiff": COG, ".png": "image/png", ".gpkg": "application/geopackage+sqlite3",
         ".qml": "application/xml"}  # fmt: skip
ROLES = {"mask": ["data"], "polygons": ["data"], "quicklook": ["thumbnail", "overview"],
         "style": ["style"]}  # fmt: skip
_RFC_3339 = "%Y-%m-%dT%H:%M:%SZ"
_DIGITS = 7  # of degrees: a centimetre


def stac_item(mask: Any, assets: Mapping[str, Path], legend: Sequence[LegendEntry]) -> dict:
    """Return the item of a map.

    Its time is the one that the image states (TIFF's DateTime, taken as UTC), else that of the
    map's file, which is also in ``created``. A map without a place has no geometry.

    Args:
        mask: The open mask.
        assets: The files of the map by kind: ``mask``, ``probabilities``, ..., all in one folder.
        legend: The classes of the mask.
    """
    path = assets["mask"]
    tags = mask.tags()
    geometry = _footprint(mask)
    created = datetime.fromtimestamp(int(os.stat(path).st_mtime), timezone.utc)
    taken = _taken(tags.get(ACQUIRED)) or created
    properties = {"datetime": taken.strftime(_RFC_3339), "created": created.strftime(_RFC_3339)}
    properties |= _projection(mask)
    if MODEL in tags:
        properties["mmda:model"] = tags[MODEL]
    if METRICS in tags:
        properties["mmda:metrics"] = json.loads(tags[METRICS])
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [
            f"{EXTENSIONS}/projection/v2.0.0/schema.json",
            f"{EXTENSIONS}/classification/v2.0.0/schema.json",
            f"{EXTENSIONS}/raster/v2.0.0/schema.json",
        ],
        "id": path.stem,
        "geometry": geometry,
        **({"bbox": _bounds(geometry)} if geometry else {}),
        "properties": properties,
        "links": [],
        "assets": {kind: _asset(kind, file, legend) for kind, file in assets.items()},
    }


def _asset(kind: str, path: Path, legend: Sequence[LegendEntry]) -> dict[str, Any]:
    asset: dict[str, Any] = {
        "href": f"./{path.name}",
        "type": TYPES[path.suffix.lower()],
        "title": kind,
        "roles": ROLES.get(kind, ["data"]),
    }
    if kind == "mask":
        asset["bands"] = [{"name": "class", "data_type": "uint8", "nodata": 255}]
        asset["classification:classes"] = [
            {"value": value, "name": _slug(name, value), "title": name, "color_hint": _hex(colour)}
            for value, name, colour in legend
        ]
    elif asset["type"] == COG:
        with rasterio.open(path) as raster:
            names = [name or f"{kind}_{i}" for i, name in enumerate(raster.descriptions)]
            scale = raster.scales[0]
        asset["bands"] = [
            {"name": name, "data_type": "uint8", "nodata": 255, "raster:scale": scale}
            for name in names
        ]
    return asset


def _slug(name: str, value: int) -> str:
    """Return a name that the classification extension allows: letters, digits, ``-`` and ``_``."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
    return kept if kept.strip("_") else f"class_{value}"


def _hex(colour: tuple[int, int, int]) -> str:
    return "".join(f"{part:02X}" for part in colour)


def _footprint(mask: Any) -> dict[str, Any] | None:
    """Return the outline of a raster in WGS 84; ``None`` where its place is unknown."""
    if mask.crs is None or mask.transform.is_identity:
        return None
    width, height = mask.shape[::-1]
    steps = [i / 8 for i in range(8)]  # the edges of a projected raster are bent
    corners = [
        *((t * width, 0) for t in steps),
        *((width, t * height) for t in steps),
        *(((1 - t) * width, height) for t in steps),
        *((0, (1 - t) * height) for t in steps),
        (0, 0),
    ]
    ring = [mask.transform @ corner for corner in corners]
    if mask.transform.determinant < 0:  # GeoJSON's rings run anticlockwise
        ring.reverse()
    try:
        place = {"type": "Polygon", "coordinates": [ring]}
        found = transform_geom(mask.crs, "OGC:CRS84", place, precision=_DIGITS)
    except RasterioError:
        return None
    points = list(_points(found["coordinates"]))
    if not all(math.isfinite(value) for point in points for value in point):
        return None
    return {"type": found["type"], "coordinates": found["coordinates"]}


def _points(coordinates: Sequence) -> Iterator[Sequence[float]]:
    if isinstance(coordinates[0], (int, float)):
        yield coordinates
        return
    for part in coordinates:
        yield from _points(part)


def _bounds(geometry: Mapping[str, Any]) -> list[float]:
    across, up = zip(*(point[:2] for point in _points(geometry["coordinates"])), strict=True)
    return [min(across), min(up), max(across), max(up)]


def _projection(mask: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"proj:shape": list(mask.shape)}
    if mask.crs is not None:
        code = mask.crs.to_epsg()
        found["proj:code"] = None if code is None else f"EPSG:{code}"
        if code is None:
            found["proj:wkt2"] = mask.crs.to_wkt(version="WKT2_2019")
    if not mask.transform.is_identity:
        found["proj:transform"] = list(mask.transform)[:6]
    return found


def _taken(stated: str | None) -> datetime | None:
    """Return the time that an image states in the form of TIFF, if it is one."""
    with suppress(ValueError):
        return datetime.strptime(stated or "", "%Y:%m:%d %H:%M:%S").replace(tzinfo=timezone.utc)
    return None
