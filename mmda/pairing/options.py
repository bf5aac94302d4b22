"""The options of pairing two domains, which command line and API share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mmda.errors import ConfigError
from mmda.pairing.classes import Renames
from mmda.pairing.recipes import find_recipe
from mmda.utils.names import check_name
from mmda.utils.options import documented, option


@documented
@dataclass(frozen=True)
class PairOptions:
    """How two domains are paired.

    ``renames`` is, for each domain, a map of its own class names to shared names, or to ``None``
    for classes that are ignored. ``progress`` says whether to show progress bars on stderr.
    """

    preset: str | None = option("a published transfer; see --help's end", None, metavar="NAME")
    classes: Sequence[str] | None = option("shared classes, id 0 first", None, shown="by name")
    val_fraction: float = option(
        "share of the target's train scenes that become val when it has none", 0.1
    )
    network: str | None = option(
        "small or efficientnet-lite0 (for a CPU), deeplabv3plus-r50 or segformer-b2 (for a GPU)",
        None,
        shown="small",
    )
    crop: int | None = option(
        "training crops, pixels", None, shown="128 or 192, on a GPU 512; whole tiles with --preset"
    )
    workers: int = option("threads", 2)
    overwrite: bool = option("replace configs in OUT", False)
    renames: Renames = field(default_factory=dict)
    progress: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.val_fraction < 1:
            raise ConfigError(f"--val-fraction must be between 0 and 1, got {self.val_fraction:g}.")
        for name in self.classes or ():
            check_name("class", name)
        for renames in self.renames.values():
            for name in filter(None, renames.values()):
                check_name("class", name)
        if self.workers < 1:
            raise ConfigError(f"workers must be at least 1, but got {self.workers}.")
        find_recipe(self.network, self.preset)
