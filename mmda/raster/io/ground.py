"""Metres on the ground: what a unit of a coordinate reference system is where a raster lies.

The unit of a geographic CRS is the degree, and the metres of Web Mercator are twice as long as
those on the ground at 60 degrees north. What a user measures (ground sample distance, area, width)
is always meant on the ground.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeVar

import numpy as np
from affine import Affine
from pyproj import Geod, Transformer
from pyproj.exceptions import ProjError
from rasterio.crs import CRS

from mmda.errors import DataError

GEOD = Geod(ellps="WGS84")
# Up to this share, the metres of a projected CRS count as metres on the ground. National grids and
# UTM stay far below it, Web Mercator is beyond it from 8 degrees of latitude on.
_TRUE_TO_SCALE = 0.01


def metres_per_unit(crs: CRS, x: float, y: float) -> tuple[float, float]:
    """Return the ground length of one CRS unit along x and along y at a place, in metres.

    Args:
        crs: Any coordinate reference system.
        x: Easting or longitude of the place, in units of the CRS.
        y: Northing or latitude.

    Returns:
        The metres that the CRS itself gives, where these are within 1 % of the ground's or the
        place cannot be found on the globe (a local CRS); else those along the ellipsoid.

    Raises:
        DataError: When the coordinates do not exist in the CRS.
    """
    nominal = crs.linear_units_factor[1] if crs.is_projected else 1.0
    step = 1e-5 if crs.is_geographic else 1.0 / nominal
    try:
        across = _distance(crs, (x, y), (x + step, y)) / step
        up = _distance(crs, (x, y), (x, y + step)) / step
    except ProjError:
        return nominal, nominal
    if not (math.isfinite(across) and math.isfinite(up) and min(across, up) > 0):
        raise DataError(
            f"The place x = {x:g}, y = {y:g} is outside of the globe in {crs.to_string()}: the CRS "
            "of the file is wrong. Assign the right one, `gdal_edit.py -a_srs EPSG:... FILE`."
        )
    if not crs.is_geographic:
        off = max(abs(across / nominal - 1), abs(up / nominal - 1))
        if off <= _TRUE_TO_SCALE:
            return nominal, nominal
    return across, up


def pixel_metres(
    crs: CRS | None, transform: Affine | None, height: int, width: int
) -> tuple[float, float] | None:
    """Return the size of a raster's pixels on the ground, measured at the raster's centre.

    Args:
        crs: Coordinate reference system of the raster, or ``None``.
        transform: Pixel to CRS coordinates, or ``None``.
        height: Height of the raster in pixels.
        width: Width of the raster in pixels.

    Returns:
        Metres down and metres across, rounded to nine digits; ``None`` when they are unknown.
    """
    if crs is None or transform is None:
        return None
    across, up = metres_per_unit(crs, *(transform @ (width / 2, height / 2)))
    down_metres = math.hypot(transform.b * across, transform.e * up)
    across_metres = math.hypot(transform.a * across, transform.d * up)
    return float(f"{down_metres:.9g}"), float(f"{across_metres:.9g}")


def is_ground_metric(crs: CRS, x: float, y: float) -> bool:
    """Tell whether lengths in the CRS, times its unit, are ground metres at a place."""
    if crs.is_geographic:
        return False
    nominal = crs.linear_units_factor[1] if crs.is_projected else 1.0
    return metres_per_unit(crs, x, y) == (nominal, nominal)


def local_metric_crs(longitude: float, latitude: float) -> str:
    """Return a CRS in ground metres around a place, true to scale within some 100 km."""
    return (
        f"+proj=tmerc +lat_0={latitude} +lon_0={longitude} +k=1 +x_0=0 +y_0=0 "
        "+datum=WGS84 +units=m +no_defs"
    )


def local_equal_area_crs(longitude: float) -> str:
    """Return an equal-area CRS in metres whose seam lies opposite to a meridian (degrees)."""
    return f"+proj=cea +lon_0={longitude} +lat_ts=0 +datum=WGS84 +units=m +no_defs"


def to_degrees(crs: CRS, x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a place, in degrees.

    Raises:
        pyproj.exceptions.ProjError: When the CRS has no known place on the globe (a local CRS).
    """
    longitude, latitude = _to_degrees(crs.to_wkt()).transform(x, y, errcheck=True)
    return longitude, latitude


Degrees = TypeVar("Degrees", float, np.ndarray)


def near(longitude: Degrees, centre: float) -> Degrees:
    """Return longitudes plus or minus full turns, at most 180 degrees from ``centre``."""
    return longitude - 360.0 * np.round((longitude - centre) / 360.0)


def _distance(crs: CRS, one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(GEOD.inv(*to_degrees(crs, *one), *to_degrees(crs, *other), radians=False)[2])


@lru_cache(maxsize=64)
def _to_degrees(wkt: str) -> Transformer:
    return Transformer.from_crs(wkt, 4326, always_xy=True)
