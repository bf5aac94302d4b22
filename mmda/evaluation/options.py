"""How maps are scored."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mmda.errors import ConfigError
from mmda.utils.options import documented, option

LAYERS = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet")
"""Endings of layers."""
NO_COLUMN = "none"
"""The class column that makes all features of a layer class 1."""


@documented
@dataclass(frozen=True)
class ScoreOptions:
    """How maps are compared with the truth; distances are metres on the ground.

    Raises:
        ConfigError: When a value is out of its range.
    """

    boundary: float = option("width of the band along outlines, for boundary IoU", 2.0)
    radius: float = option("distance that relaxed precision and recall forgive", 3.0)
    iou: float = option("least IoU of an object that counts as found", 0.5)
    min_area: float = option("smallest object in square metres", 0.0)
    road: int | None = option(
        "id of the class whose centre lines are compared by path lengths (APLS)", None
    )
    gsd: float | None = option("metres per pixel of maps without a CRS", None)
    class_column: str | None = option(
        "column of layers that holds names or ids of classes; `none` makes all features class 1 "
        "[`class`, where a layer has it]",
        None,
    )
    line_width: float | None = option("full width of lines of layers in metres", None)
    level: float = option("share of the bootstrap's scores inside an interval", 0.95)
    repeats: int = option("draws of the bootstrap", 1000)
    seed: int = option("seed of the bootstrap, and of control points", 0)

    def __post_init__(self) -> None:
        for name, low, high, above in (
            ("boundary", 0, math.inf, False),
            ("radius", 0, math.inf, False),
            ("iou", 0, 1, True),
            ("min_area", 0, math.inf, False),
            ("level", 0, 1, True),
            ("repeats", 1, 10**6, False),
            ("seed", 0, 2**32 - 1, False),
            ("road", 0, 254, False),
            ("gsd", 0, math.inf, True),
            ("line_width", 0, math.inf, True),
        ):
            value = getattr(self, name)
            if value is None:
                continue
            inside = low < value if above else low <= value
            if not (inside and value <= high and value < math.inf) or (name, value) == ("level", 1):
                raise ConfigError(
                    f"`{name}` is {value:g}; expected a number {'above' if above else 'from'} "
                    f"{low} to {high:g}."
                )
