"""What a report takes."""

from __future__ import annotations

from dataclasses import dataclass

from mmda.errors import ConfigError
from mmda.utils.options import documented, option


@documented
@dataclass(frozen=True)
class ReportOptions:
    """What a report shows.

    Raises:
        ConfigError: When a value is out of its range.
    """

    source_only: str | None = option(
        "run that is trained without the target", None, shown="told by names and configs"
    )
    adapted: str | None = option(
        "run whose maps are compared with it",
        None,
        shown="adapted, recipe, or the choice of mmda select",
    )
    target_only: str | None = option(
        "run that is trained on target labels", None, shown="told by names and configs"
    )
    task: str | None = option("task of a table that has several", None)
    tiles: int = option("labelled target tiles that these runs predict, at most", 64)
    points: int = option("pixels per domain in the t-SNE; 0 leaves it out", 200)
    seed: int = option("of the choice of tiles, pixels and repeats", 0)
    progress: bool = True

    def __post_init__(self) -> None:
        for name, least in (("tiles", 2), ("points", 0), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(
                    f"`{name}` must be {least} or more, but got {getattr(self, name)}."
                )
