"""Checks that a mask fits its image, before any tile is cut."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from affine import Affine
from pyproj import Transformer
from pyproj.exceptions import ProjError
from rasterio.crs import CRS

from mmda.errors import DataError
from mmda.raster.io.georeference import georeference
from mmda.raster.io.handles import open_raster
from mmda.raster.io.header import RasterHeader, check_upright
from mmda.raster.labels.readers import label_of
from mmda.raster.scene import RasterLabels, Scene

MOST_SHIFT = 0.5  # pixels between the georeferences of an image and its mask


def check_mask(scene: Scene, label: RasterLabels, header: RasterHeader) -> None:
    """Check that a mask lies on the pixel grid of its image and is encoded as expected.

    Raises:
        DataError: When it does not fit.
    """
    with label_of(scene.image):
        dataset = open_raster(label.path)
    with dataset as mask:
        check_upright(mask, label.path)
        size = (mask.height, mask.width)
        if size != (header.height, header.width):
            raise DataError(
                f"Image and label differ in size: `{scene.image}` has {header.width} x "
                f"{header.height} pixels, `{label.path}` has {mask.width} x {mask.height}. Give a "
                "label on the pixel grid of the image."
            )
        _check_encoding(scene, label, mask)
        _check_place(scene, label, header, mask)
        if label.decode.startswith("color") and mask.count < 3:
            raise DataError(
                f"`{label.path}` has {mask.count} band(s), but the decoding rule `color` needs "
                "three: use `ids`, `binary`, `threshold` or `idmap`."
            )


def _check_place(scene: Scene, label: RasterLabels, header: RasterHeader, mask: Any) -> None:
    place = georeference(mask, label.path)
    shift = _shift(header, place.transform, place.crs)
    if shift <= MOST_SHIFT:
        return
    systems = ""
    if place.crs is not None and header.crs is not None and place.crs != header.crs:
        systems = f" The image is in {_name(header.crs)}, the label in {_name(place.crs)}."
    raise DataError(
        f"The label `{label.path}` lies {shift:.1f} pixels off its image `{scene.image}`: "
        f"their georeferences differ.{systems} Warp the label onto the image's grid (`gdalwarp "
        "-t_srs ... -te ... -ts ...`), or remove its georeference when it is wrong."
    )


def _check_encoding(scene: Scene, label: RasterLabels, mask: Any) -> None:
    found = (mask.count, mask.dtypes[0])
    wanted = (label.bands or found[0], label.dtype or found[1])
    if found != wanted:
        raise DataError(
            f"The label `{label.path}` of `{scene.image}` has {found[0]} band(s) of {found[1]}; "
            f"expected {wanted[0]} of {wanted[1]}. It was re-encoded and its class ids may be "
            "lost: use the file of the original archive."
        )


def _shift(header: RasterHeader, other: Affine | None, crs: CRS | None) -> float:
    """Return how far off a mask's corners lie, in pixels; 0 where one has no georeference."""
    own = header.transform
    # GDAL gives a truncated PNG a random georeference, mostly one that maps all to a point.
    if own is None or own.is_degenerate or other is None:
        return 0.0
    corners = [(x, y) for x in (0, header.width) for y in (0, header.height)]
    places = np.array([other @ corner for corner in corners])
    if crs is not None and header.crs is not None and crs != header.crs:
        try:
            transformer = Transformer.from_crs(crs.to_wkt(), header.crs.to_wkt(), always_xy=True)
            places = np.stack(transformer.transform(*places.T), axis=-1)
        except ProjError:  # a local CRS cannot be transformed
            return math.inf
    back = [~own @ tuple(place) for place in places]
    return max(math.dist(corner, place) for corner, place in zip(corners, back, strict=True))


def _name(crs: CRS) -> str:
    """Return the code of a CRS, or its name where it has no code."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt().split('"')[1]
