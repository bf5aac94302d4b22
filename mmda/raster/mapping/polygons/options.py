"""The options of vectorising, which command line and API share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmda.errors import ConfigError
from mmda.utils.options import check_choices, documented, option

FORMATS = ("gpkg", "geojson", "fgb", "parquet")
HEADING = "polygons"


@documented
@dataclass(frozen=True)
class PolygonOptions:
    """What polygons are made of the classes of a map."""

    classes: Sequence[str | int] | None = option(
        "classes to write as polygons, names or ids",
        None,
        shown="all but the background",
        group=HEADING,
    )
    min_area: float = option("smallest polygon in square metres", 0.0, group=HEADING)
    tolerance: float = option(
        "simplify polygons: corners go that cut off less than the square of this many metres; "
        "neighbours keep their common border",
        0.0,
        group=HEADING,
    )
    connectivity: int = option(
        "pixels that make one object: 4 along their sides, 8 at their corners as well",
        4,
        group=HEADING,
    )
    fill_holes: float = option(
        "fill holes of at most so many square metres that hold no polygon", 0.0, group=HEADING
    )

    def __post_init__(self) -> None:
        check_choices(self)
        for name in ("min_area", "tolerance", "fill_holes"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(
                    f"Expected `{name}` to be 0 or more, but got {getattr(self, name)}."
                )
        if self.connectivity not in (4, 8):
            raise ConfigError(f"Expected a connectivity of 4 or 8, but got {self.connectivity}.")
        if isinstance(self.classes, str) or (self.classes is not None and not len(self.classes)):
            raise ConfigError(
                f"Expected `classes` to be a list of names or ids, but got {self.classes!r}."
            )


@documented
@dataclass(frozen=True)
class VectoriseOptions(PolygonOptions):
    """How masks become polygons or the centre lines of roads.

    ``progress`` shows a progress bar on stderr.
    """

    roads: bool = option(
        "write the centre lines of the classes as layers `nodes` and `edges`, not polygons",
        False,
        group="roads",
    )
    spur: float = option("leave out dead ends that are shorter, metres", 10.0, group="roads")
    gap: float = option(
        "join ends that point at each other over so many metres", 10.0, group="roads"
    )
    smooth: float = option("simplify centre lines by up to so many metres", 1.0, group="roads")
    overwrite: bool = option("replace files or layers that are there already", False)
    block: int = option("work on so many pixels squared at once, which bounds the memory", 2048)
    format: str = option("format of the files in a folder", "gpkg", choices=FORMATS)
    progress: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.block < 1:
            raise ConfigError(f"Expected a block of at least 1 pixel, but got {self.block}.")
        if self.roads and (self.min_area or self.tolerance or self.fill_holes):
            raise ConfigError(
                "`min_area`, `tolerance` and `fill_holes` are for polygons; with `roads` there are "
                "none. Leave these options out, or vectorise twice into one GeoPackage."
            )


def layer_suffix(path: Path) -> str | None:
    """Return the suffix of a layer's file in lower case, or ``None`` for a folder.

    Raises:
        ConfigError: When it is that of no format that is written.
    """
    suffix = path.suffix.lower()
    if suffix.removeprefix(".") in FORMATS and suffix:
        return suffix
    if not suffix or path.is_dir():
        return None
    known = ", ".join(f".{name}" for name in FORMATS)
    raise ConfigError(
        f"`{path}`: there is no format `{path.suffix}` for polygons and lines. Give a file that "
        f"ends in {known}, or a folder."
    )
