"""Converters: one module and one class per dataset, on the tiling engine of :mod:`mmda.raster`."""

from __future__ import annotations

import importlib

from mmda.converters.base import Converter, Found, NamedDataset
from mmda.errors import ConfigError, did_you_mean

CONVERTERS = {
    "cityscapes": "Cityscapes",
    "deepglobe": "DeepGlobe",
    "folder": "Folder",
    "geotiff": "GeoTiff",
    "gta5": "GTA5",
    "inria": "Inria",
    "loveda": "LoveDA",
    "massachusetts": "Massachusetts",
    "robotcar": "RobotCar",
    "synthia": "Synthia",
}
"""Class of each converter, by the name of its module."""


def find_converter(name: str) -> type[Converter]:
    """Return the converter of this name.

    Raises:
        ConfigError: When there is none.
    """
    if name not in CONVERTERS:
        raise ConfigError(
            f"Unknown converter `{name}`; expected one of {', '.join(CONVERTERS)}."
            + did_you_mean(name, CONVERTERS)
        )
    found: type[Converter] = getattr(
        importlib.import_module(f"mmda.converters.{name}"), CONVERTERS[name]
    )
    return found


__all__ = ["CONVERTERS", "Converter", "Found", "NamedDataset", "find_converter"]
