"""How maps are scored."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mmda.errors import ConfigError
from mmda.utils.options import documented, option


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
    level: float = option("share of the bootstrap's scores inside an interval", 0.95)
    repeats: int = option("draws of the bootstrap", 1000)
    seed: int = option("seed of the bootstrap, and of control points", 0)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("boundary", 0, math.inf),
            ("radius", 0, math.inf),
            ("iou", 0, 1),
            ("min_area", 0, math.inf),
            ("level", 0, 1),
            ("repeats", 1, 10**6),
        ):
            value = getattr(self, name)
            open_ends = name in ("level",) and value in (0, 1)
            if not low <= value <= high or open_ends or value == math.inf:
                raise ConfigError(
                    f"`{name}` is {value:g}; expected a number from {low} to {high:g}."
                )
