"""What a user hands to the tiling engine: scenes and where their labels come from."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mmda.errors import ConfigError
from mmda.raster.decoding import inline_table
from mmda.utils.names import check_name, printable

SPLITS = ("train", "val", "test")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_GDAL_NAME = re.compile(r"<|[A-Za-z]\w+:")  # XML, or a part of a file: `NETCDF:FILE:VARIABLE`


@dataclass(frozen=True)
class RasterLabels:
    """A mask raster on the pixel grid of the image.

    Attributes:
        path: The mask raster; the same height and width as the image. A relative one is made
            absolute, here as in the classes below.
        decode: How its values become class ids, see :mod:`mmda.raster.decoding`. An id map in a
            file is read at once, so that tiles are made anew when it changes.
        bands: The number of bands that the mask must have; any when ``None``.
        dtype: The data type that the mask must have, e.g. ``uint16``; any when ``None``.
    """

    path: str
    decode: str = "ids"
    bands: int | None = None
    dtype: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", absolute_path(self.path))
        object.__setattr__(self, "decode", inline_table(self.decode))


@dataclass(frozen=True)
class VectorLabels:
    """Vector features that are burnt onto the target grid, over class 0.

    Attributes:
        path: GeoPackage, GeoJSON, shapefile or GeoParquet, in any known CRS.
        layer: Name of the layer; the first by default.
        attribute: Column that holds the class; without it every feature is class ``burn``.
        class_map: Attribute value (as text) to class id; the key ``*`` stands for all others.
            Without it the attribute must hold class ids. 255 means ignore; an empty value is the
            text ``null``.
        burn: Class id of every feature when ``attribute`` is not given.
        width: Full width of lines (and diameter of points) in metres, or the name of the column
            that holds it; those of no width are left out, and polygons stay as they are.
            ``None`` burns the geometry as it is (a line is then one pixel wide).
    """

    path: str
    layer: str | None = None
    attribute: str | None = None
    class_map: Mapping[str, int] | None = field(default=None, hash=False)
    burn: int = 1
    width: float | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", absolute_path(self.path))


@dataclass(frozen=True)
class Scene:
    """One raster to be tiled.

    Attributes:
        name: Unique name, the first part of every tile id; letters, digits, ``.``, ``_``, ``-``.
        image: Path of a raster (GeoTIFF, VRT, PNG, JPEG, ...) or a URL that GDAL opens.
        split: ``train``, ``val`` or ``test``: the split of all its tiles.
        label: Where the labels come from, or ``None``.
        city: City or area, for grouped metrics.
        nodata: No-data value that replaces the one in the file.
        nominal_gsd: Ground sample distance (metres/pixel) to assume when the file has none.
        bands: 1-based image bands in the order wanted; all but opacity by default.
        size: Height and width (pixels) to resample the whole raster to, instead of to a GSD.
        white_area: Exactly white pixels are no data where at least so many are connected.
    """

    name: str
    image: str
    split: str = "train"
    label: RasterLabels | VectorLabels | None = None
    city: str | None = None
    nodata: float | None = None
    nominal_gsd: float | None = None
    bands: tuple[int, ...] | None = None
    size: tuple[int, int] | None = None
    white_area: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", absolute_path(self.image))
        if self.split not in SPLITS:
            raise ConfigError(
                f"Scene `{self.name}`: unknown split `{self.split}`; "
                f"expected one of {', '.join(SPLITS)}."
            )
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"Scene name `{printable(self.name)}` cannot be part of a file name: use letters, "
                "digits, `.`, `_` and `-` only (`mmda.raster.scene.safe_name` replaces the others)."
            )
        if self.city is not None:
            check_name("city", self.city)
        for path in (self.image, self.label.path if self.label else ""):
            if not (path.isprintable() or _GDAL_NAME.match(path)):
                raise ConfigError(
                    f"The path `{printable(path)}` holds control characters. Rename the file."
                )
        if self.nominal_gsd is not None and not 0 < self.nominal_gsd < float("inf"):
            raise ConfigError(
                f"Scene `{self.name}`: the nominal GSD must be positive (metres/pixel), but got "
                f"{self.nominal_gsd}."
            )

    def fingerprint(self) -> str:
        """Hash what the tiles of this scene depend on: the spec, and the files' size and time."""
        state: dict[str, Any] = asdict(self)
        state["files"] = [_file_state(self.image)]
        if self.label is not None:
            state["files"].append(_file_state(self.label.path))
        return hashlib.sha1(json.dumps(state, sort_keys=True).encode()).hexdigest()


def scene_to_json(scene: Scene) -> str:
    """Return a scene as text, for :func:`scene_from_json`."""
    return json.dumps(asdict(scene))


def scene_from_json(text: str) -> Scene:
    """Restore a scene from :func:`scene_to_json`."""
    state = json.loads(text)
    if (label := state["label"]) is not None:
        state["label"] = RasterLabels(**label) if "decode" in label else VectorLabels(**label)
    for name in ("size", "bands"):
        state[name] = tuple(state[name]) if state.get(name) else None
    return Scene(**state)


def safe_name(text: str) -> str:
    """Replace every character that a scene name may not hold by ``_``."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", text)


def is_local(path: str) -> bool:
    """Tell whether ``path`` names a local file (no URL, no GDAL virtual path)."""
    return "://" not in path and not path.startswith("/vsi")


def absolute_path(path: str | os.PathLike[str]) -> str:
    """Return ``path`` as it reads in any working directory; URLs and GDAL's names are kept."""
    text = os.fspath(path)
    return os.path.abspath(text) if is_local(text) and not _GDAL_NAME.match(text) else text


def _file_state(path: str) -> list[Any]:
    if not is_local(path) or not os.path.exists(path):
        return [path]
    status = os.stat(path)
    return [path, status.st_size, status.st_mtime_ns]
