"""How models are compared without target labels."""

from __future__ import annotations

from dataclasses import dataclass

from mmda.errors import ConfigError
from mmda.selection.criteria import CRITERIA
from mmda.utils.options import check_choices, documented, option

ENSEMBLE, RANK = "ensemble", "rank"
RULES = (*CRITERIA, ENSEMBLE, RANK)
RULE = "nuclear_norm"
"""The rule that chooses unless the user names another: that of least regret in the measurement of
``benchmarks/README.md``."""


@documented
@dataclass(frozen=True)
class SelectOptions:
    """How models are compared.

    Raises:
        ConfigError: When a value is out of its range.
    """

    rule: str = option("criterion whose best model is chosen", RULE, choices=RULES)
    split: str | None = option(
        "split of the target tiles", None, shown="val, or train where there is none"
    )
    tiles: int = option("target tiles that are predicted, and source tiles, at most", 16)
    pixels: int = option("pixels that are sampled from the target tiles", 20_000)
    seed: int = option("seed of the choice of tiles and pixels", 0)
    progress: bool = True

    def __post_init__(self) -> None:
        check_choices(self)
        for name, least in (("tiles", 1), ("pixels", 3), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(
                    f"`{name}` must be {least} or more, but got {getattr(self, name)}."
                )
