"""What a mask tells of how it was made."""

from __future__ import annotations

import json
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from mmda.raster.io.handles import quiet_georeference
from mmda.raster.mapping.options import PredictOptions

MODEL, OPTIONS = "MODEL", "OPTIONS"


def map_tags(model: str | None, options: PredictOptions) -> dict[str, str]:
    """Return the tags of a mask: the model, where it is known, and the options of the map."""
    tags = {OPTIONS: json.dumps(options.of_map)}
    return tags if model is None else {**tags, MODEL: model}


def is_map_of(mask: Path, model: str | None, options: PredictOptions) -> bool:
    """Tell whether a mask was made by a model with the same options."""
    try:
        with quiet_georeference(), rasterio.open(mask) as dataset:
            found = dataset.tags()
    except RasterioError:
        return False
    wanted = map_tags(model, options)
    return {name: found.get(name) for name in wanted} == wanted
