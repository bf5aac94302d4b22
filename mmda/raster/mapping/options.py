"""The options of mapping rasters, which command line and API share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from mmda.errors import ConfigError
from mmda.raster.mapping.polygons.options import PolygonOptions
from mmda.utils.options import check_choices, documented, option
from mmda.utils.shards import Shard, parse_shard

NATIVE = "native"
TILE = 512  # smaller tiles have more borders, beside which the network sees less
OVERLAP = 0.125  # of a deep network, whose receptive field is larger than a tile
Gsd = float | str | None
"""Metres per pixel; ``"native"`` for the raster's own; ``None`` for that of the training data."""


@documented
@dataclass(frozen=True)
class PredictOptions(PolygonOptions):
    """How rasters are mapped, and what is written; ``progress`` shows progress bars on stderr.

    The network sees a raster as the model's training images were: by default their bands, ground
    sample distance and no-data value hold. The grid of the mask is the raster's own, or the one
    that the network saw; they differ where the raster is resampled.
    """

    tile: int | None = option(
        "tile side in pixels; a smaller raster is padded",
        None,
        shown=f"{TILE}, or the training's crop where that is larger",
    )
    overlap: float | None = option(
        "share of a tile in common with its neighbour, in 0..0.9",
        None,
        shown=f"what the network's receptive field needs, at most {OVERLAP:g}",
    )
    batch_size: int = option("tiles at once", 4)
    tta: Sequence[str] | None = option(
        "average over views: flip mirrors, turn turns by quarters",
        None,
        choices=("flip", "turn"),
    )
    tta_scales: Sequence[float] | None = option(
        "average over sizes too: factors beside 1, e.g. 0.75 1.25", None
    )
    bands: Sequence[int] | None = option(
        "bands to read, from 1, in the model's order", None, shown="the training data's"
    )
    gsd: float | str | None = option(
        "predict at this many metres per pixel; native: the raster's own",
        None,
        shown="the training data's",
    )
    nodata: float | None = option(
        "no-data value instead of the file's", None, shown="the training data's"
    )
    nominal_gsd: float | None = option("GSD to assume for files that state none", None)
    grid: str = option(
        "grid of the mask: the raster's own, or that which the model saw",
        "input",
        choices=("input", "model"),
    )
    probabilities: bool = option("also write IMAGE_probabilities.tif", False)
    confidence: bool = option(
        "also write IMAGE_confidence.tif: the probability of the class shown", False
    )
    entropy: bool = option("also write IMAGE_entropy.tif: where to look first", False)
    polygons: bool = option("also write IMAGE_polygons.gpkg", False)
    as_one: bool = option(
        "map abutting sheets as one raster, into one map called as their folder", False
    )
    as_sheets: bool = option(
        "map abutting sheets as one raster, into a map per sheet; their polygons are one layer",
        False,
    )
    shard: str | None = option(
        "make only the I-th of N shares of the maps, I from 1 to N; `mmda mosaic` joins them",
        None,
        metavar="I/N",
    )
    scheduler: str | None = option("Dask scheduler that maps instead", None, metavar="ADDRESS")
    band_strips: int = option("rows of tiles in a band of --shard and --scheduler", 8)
    overwrite: bool = option("replace maps that are there already", False)
    resume: bool = option(
        "leave maps of this model that are there already, and make the others", False
    )
    progress: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "gsd", _number(self.gsd))
        if self.batch_size < 1:
            raise ConfigError(f"Expected a batch size of at least 1, but got {self.batch_size}.")
        if self.tile is not None and self.tile < 1:
            raise ConfigError(f"Expected a tile of at least 1 pixel, but got {self.tile}.")
        if self.overlap is not None and not 0 <= self.overlap <= 0.9:
            raise ConfigError(
                f"Expected an overlap between 0 and 0.9 (a share of the tile), got {self.overlap}."
            )
        check_choices(self)
        scales = self.tta_scales or ()
        if any(not 0.25 <= scale <= 4 for scale in scales):
            raise ConfigError(
                f"Expected scales of views between 0.25 and 4, but got {list(scales)}."
            )
        if self.band_strips < 1:
            raise ConfigError(f"Expected bands of at least 1 row of tiles, got {self.band_strips}.")
        self.share()
        if self.shard is not None and (self.scheduler is not None or self.polygons):
            other = "scheduler" if self.scheduler is not None else "polygons"
            raise ConfigError(
                f"Give `shard` without `{other}`: a share makes some bands of the maps. Join them "
                "with `mmda mosaic`; `mmda vectorise` then makes polygons."
            )
        if self.as_sheets and (self.as_one or self.shard is not None or self.grid != "input"):
            raise ConfigError(
                "Give `as_sheets` without `as_one` and `shard`, and with the grid `input`: maps of "
                "sheets are cut out of the map of all, on the sheets' own pixels."
            )
        if self.overwrite and self.resume:
            raise ConfigError(
                "Give `overwrite` or `resume`, not both: one replaces maps that are "
                "there already, the other leaves them."
            )

    def share(self) -> Shard | None:
        """Return the share of the bands to make; ``None`` for all."""
        return None if self.shard is None else parse_shard(self.shard)

    @property
    def of_sheets(self) -> bool:
        """Whether the images are sheets of one raster."""
        return self.as_one or self.as_sheets

    @property
    def side(self) -> int:
        """Side of a tile in pixels."""
        return TILE if self.tile is None else self.tile

    @property
    def shared(self) -> float:
        """Share of a tile in common with its neighbour."""
        return OVERLAP if self.overlap is None else self.overlap

    @property
    def of_map(self) -> dict[str, Any]:
        """What a map hangs on, beside the model and the raster, as plain values."""
        names = ["bands", "gsd", "nodata", "nominal_gsd", "grid", "tta", "tta_scales"]
        if self.polygons:
            names += [field.name for field in fields(PolygonOptions)]
        values = {"tile": self.side, "overlap": self.shared}
        values |= {name: getattr(self, name) for name in names}
        return {k: list(v) if isinstance(v, (tuple, list)) else v for k, v in values.items()}


def _number(gsd: Gsd) -> Gsd:
    """Return a ground sample distance as a number, unless it is ``native`` or ``None``.

    Raises:
        ConfigError: When it is impossible.
    """
    if gsd is None or gsd == NATIVE:
        return gsd
    try:
        number = float(gsd)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ConfigError(
            "The ground sample distance must be a positive number (metres/pixel) or `native`, but "
            f"got {gsd}."
        )
    return number
