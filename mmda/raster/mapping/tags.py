"""What the rasters of a map tell of how they were made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from mmda.raster.io.handles import open_raster, quiet_georeference
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.scene import absolute_path

MODEL, OPTIONS, IMAGE, METRICS = "MODEL", "OPTIONS", "IMAGE", "METRICS"
ACQUIRED = "TIFFTAG_DATETIME"


def map_tags(image: Path | str, model: str | None, options: PredictOptions) -> dict[str, str]:
    """Return the tags of a map: the raster, the model, where it is known, and the options.

    Of the raster's place there is a digest, as an address may hold a key.
    """
    place = hashlib.blake2b(absolute_path(image).encode(), digest_size=8).hexdigest()
    tags = {IMAGE: place, OPTIONS: json.dumps(options.of_map)}
    return tags if model is None else {**tags, MODEL: model}


def is_map_of(mask: Path, image: Path | str, model: str | None, options: PredictOptions) -> bool:
    """Tell whether a mask was made of a raster by a model with the same options."""
    try:
        with quiet_georeference(), rasterio.open(mask) as dataset:
            found = dataset.tags()
    except RasterioError:
        return False
    wanted = map_tags(image, model, options)
    return {name: found.get(name) for name in wanted} == wanted


def acquired(image: Path | str) -> dict[str, str]:
    """Return the tag of the time that a raster states, if it states one."""
    with open_raster(str(image)) as dataset:
        stated = dataset.tags().get(ACQUIRED)
    return {} if stated is None else {ACQUIRED: stated}
