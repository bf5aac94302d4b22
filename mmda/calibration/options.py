"""How a model is calibrated."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mmda.errors import ConfigError
from mmda.utils.options import check_choices, documented, option

FEATURES, NONE = "features", "none"


@documented
@dataclass(frozen=True)
class CalibrateOptions:
    """How a model is calibrated.

    Raises:
        ConfigError: When a value is out of its range.
    """

    weights: str = option(
        "weights of the source's validation tiles: by their likeness to the target, or none",
        FEATURES,
        choices=(FEATURES, NONE),
    )
    limit: float = option("largest such weight, and its inverse the smallest", 10.0)
    sharpen: bool = option(
        "also make a model surer that is not sure enough on the source; the target may need less",
        False,
    )
    split: str | None = option(
        "split of the target's unlabelled tiles", None, shown="that of the config, or train"
    )
    tiles: int = option("tiles that are used of each dataset, at most", 256)
    pixels: int = option("labelled pixels that are used of each dataset", 100_000)
    batch_size: int = option("unlabelled tiles at once", 4)
    seed: int = option("seed of the choice of tiles and pixels", 0)
    progress: bool = True

    def __post_init__(self) -> None:
        check_choices(self)
        for name, least in (("limit", 1), ("tiles", 1), ("pixels", 1), ("seed", 0)):
            value = getattr(self, name)
            if not least <= value < math.inf:
                raise ConfigError(f"`{name}` must be {least} or more, but got {value:g}.")
