"""The options of tiling, checked once: what the tiles are, and how a run makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mmda.errors import ConfigError
from mmda.raster.decoding import IGNORE
from mmda.raster.tiling.encode import FORMATS, check_format
from mmda.raster.windows import EDGES, check_tiling
from mmda.utils.names import check_name
from mmda.utils.options import documented, option
from mmda.utils.shards import Shard, parse_shard

# Distinct and readable on aerial images; the first class is background in most tasks.
_PALETTE = (
    (0, 0, 0),
    (230, 60, 50),
    (255, 200, 0),
    (40, 140, 60),
    (60, 120, 220),
    (160, 90, 200),
    (0, 190, 190),
    (240, 130, 40),
    (150, 150, 150),
    (120, 80, 40),
)


@documented
@dataclass(frozen=True)
class TileOptions:
    """What a tiled dataset depends on, besides its scenes.

    ``tile=None`` keeps whole images. A tile without any valid pixel is dropped, whatever
    ``min_valid`` is. The edge rules are those of :func:`mmda.raster.windows.axis_starts`. The
    palette has one ``(r, g, b)``, 0..255, per class; there is a default one.
    """

    task: str = option("name of the task, e.g. buildings", group="dataset")
    domain: str = option("name of the domain, e.g. source", group="dataset")
    classes: tuple[str, ...] = option("class names, id 0 first", group="dataset")
    tile: int | None = option("tile size, pixels", 512, shown="whole images")
    stride: int | None = option("step between tiles, pixels", None, shown="tile size")
    gsd: float | None = option("resample to this GSD, metres/pixel", None)
    format: str = option(
        "image format; none: no tiles, training reads the rasters", "tif", choices=FORMATS
    )
    min_valid: float = option("smallest valid share of a tile, 0..1", 0.5)
    edge: str = option("edge rule", "shift", choices=EDGES)
    palette: Sequence[Sequence[int]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        check_tiling(self.tile, self.stride, self.edge)
        check_format(self.format, 1, "uint8")
        if not 0 <= self.min_valid <= 1:
            raise ConfigError(f"min_valid must lie in 0..1, but got {self.min_valid}.")
        if self.gsd is not None and not 0 < self.gsd < float("inf"):
            raise ConfigError(f"The GSD must be positive (metres/pixel), but got {self.gsd}.")
        if not 2 <= len(self.classes) < IGNORE - 1:
            raise ConfigError(f"Expected 2 to 253 classes, but got {len(self.classes)}.")
        if len(set(self.classes)) != len(self.classes):
            raise ConfigError(f"Class names repeat: {', '.join(self.classes)}.")
        named = {"task": [self.task], "domain": [self.domain], "class": self.classes}
        for what, names in named.items():
            for name in names:
                check_name(what, name)
        if self.palette is not None and len(self.palette) != len(self.classes):
            raise ConfigError(
                f"The palette has {len(self.palette)} colours for {len(self.classes)} classes."
            )

    def to_json(self) -> dict[str, Any]:
        """Return what the tiles depend on as plain values; colours change no tile."""
        values = {**asdict(self), "classes": list(self.classes)}
        del values["palette"]
        return values

    def colors(self) -> list[list[int]]:
        """Return one ``[r, g, b]`` per class, 0..255."""
        if self.palette is None:
            return [list(_PALETTE[i % len(_PALETTE)]) for i in range(len(self.classes))]
        return [[int(value) for value in color] for color in self.palette]


@documented
@dataclass(frozen=True)
class RunOptions:
    """How a run makes a tiled dataset; its tiles do not depend on it.

    The shards of a run may work at the same time, on machines that share the disk; the one that is
    ready last completes the dataset, which is the same as without shards. ``progress`` shows a
    progress bar on stderr.
    """

    workers: int = option("threads", 2)
    shard: str | None = option(
        "tile only the I-th of N shares of the scenes, I from 1 to N", None, metavar="I/N"
    )
    scheduler: str | None = option("Dask scheduler that tiles instead", None, metavar="ADDRESS")
    overwrite: bool = option("replace what is in OUT", False)
    progress: bool = True

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ConfigError(f"workers must be at least 1, but got {self.workers}.")
        if self.shard is not None and self.overwrite:
            raise ConfigError(
                "--overwrite with --shard would remove the tiles of the other shards: remove the "
                "folder, then start the shards."
            )
        self.share()

    def share(self) -> Shard | None:
        """Return the share of the scenes to tile; ``None`` for all."""
        return None if self.shard is None else parse_shard(self.shard)
