"""How tiles are suggested."""

from __future__ import annotations

from dataclasses import dataclass

from mmda.errors import ConfigError
from mmda.utils.options import documented, option


@documented
@dataclass(frozen=True)
class SuggestOptions:
    """How tiles are suggested.

    Raises:
        ConfigError: When a value is out of its range.
    """

    count: int = option("number of tiles to suggest", 20)
    split: str | None = option(
        "split of the target's tiles", None, shown="that of the config, or train"
    )
    labelled: str | None = option(
        "tiles that are labelled by now, from which the suggested ones differ: a GeoPackage of "
        "earlier suggestions, a text file of tile ids, or a folder with labels/TILE.png",
        None,
        shown="`labelled_tiles` of the config's target",
    )
    batch_size: int = option("tiles at once", 4)
    workers: int = option("processes that load tiles", 0)
    progress: bool = True

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ConfigError(f"`count` must be 1 or more, but got {self.count}.")
