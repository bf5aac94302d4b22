"""The manifest of a tiled dataset: writing GeoParquet, reading it with pyarrow alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmda.errors import DataError
from mmda.raster.io.ground import near
from mmda.utils.files import atomic_path
from mmda.utils.names import check_name, printable

if TYPE_CHECKING:
    import pyarrow

MANIFEST = "manifest.parquet"
DATASET_INFO = "dataset.json"
FORMAT = 1
PSEUDO = "pseudo_labelled"
"""Key of ``dataset.json``: whether the labels are a model's predictions."""

# Column -> pandas type that keeps a missing value missing. Paths are relative to the dataset's
# folder; row, col, height and width are pixels of the scene's grid; gsd is metres per pixel.
COLUMNS = {
    "id": "string",
    "domain": "string",
    "split": "string",
    "scene": "string",
    "city": "string",
    "source": "string",
    "label_source": "string",
    "row": "Int64",
    "col": "Int64",
    "height": "Int64",
    "width": "Int64",
    "crs": "string",
    "transform": "object",
    "gsd": "Float64",
    "scene_spec": "string",
    "source_state": "string",
    "nominal_gsd": "bool",
    "valid_fraction": "Float64",
    "class_pixels": "object",
    "ignore_pixels": "Int64",
    "image": "string",
    "label": "string",
    "image_bytes": "Int64",
    "label_bytes": "Int64",
    "image_crc32": "Int64",
    "label_crc32": "Int64",
}

NAMES = ("domain", "split", "scene", "city", "source", "label_source", "image", "label")
TILE_ID = r"^[A-Za-z0-9._-]+$"  # files are named after it
CONTROL = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]"


def write_manifest(root: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write the manifest as GeoParquet, sorted by tile id.

    Args:
        root: Folder of the tiled dataset.
        rows: One dict per tile, see ``COLUMNS``; the footprint is added here.
    """
    import geopandas

    ordered = sorted(rows, key=lambda row: row["id"])
    frame = geopandas.GeoDataFrame(
        _columns(ordered), geometry=_footprints(ordered), crs="EPSG:4326"
    )
    with atomic_path(root / MANIFEST) as temporary:
        frame.to_parquet(temporary, index=False, compression="zstd")


def read_manifest_table(root: str | Path) -> pyarrow.Table:
    """Read the manifest of a tiled dataset as a table, without the geometry.

    Raises:
        DataError: When there is none, or it cannot be read.
    """
    import pyarrow.parquet

    path = Path(root) / MANIFEST
    if not path.exists():
        raise _missing(path)
    try:
        names = pyarrow.parquet.read_schema(path).names
        table = pyarrow.parquet.read_table(path, columns=[n for n in names if n != "geometry"])
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(
            f"Cannot read the manifest `{path}` ({error}): run the tiling again."
        ) from error
    _check_texts(table, path)
    return table


def _check_texts(table: pyarrow.Table, path: Path) -> None:
    """Raise a :class:`DataError` for names that are no line of text; they get into configs.

    Tiles' ids must be file names, as labels and pictures are written under them.
    """
    import pyarrow.compute

    if "id" in table.column_names:
        ids = table["id"].cast("string")
        fine = pyarrow.compute.match_substring_regex(ids, TILE_ID)
        if len(odd := ids.filter(pyarrow.compute.invert(fine))):
            raise DataError(
                f"The manifest `{path}` has the tile {printable(repr(odd[0].as_py()))}; expected "
                "are letters, digits, `.`, `_` and `-`, since files get its name. Tile the dataset "
                "again."
            )
    for column in NAMES:
        if column not in table.column_names:
            continue
        texts = table[column].unique().cast("string")
        odd = texts.filter(pyarrow.compute.match_substring_regex(texts, CONTROL))
        if len(odd):
            raise DataError(
                f"The manifest `{path}` has control characters in `{column}`: "
                f"{printable(repr(odd[0].as_py()))}. Tile the dataset again, under other names."
            )


def read_manifest(root: str | Path, split: str | None = None) -> list[dict[str, Any]]:
    """Read the rows of a tiled dataset, sorted by tile id.

    Args:
        root: Folder of the tiled dataset.
        split: Only the tiles of this split; all by default.

    Returns:
        One dict per tile (the columns of the manifest, without the geometry).

    Raises:
        DataError: When there is no manifest, or it cannot be read.
    """
    rows = read_manifest_table(root).to_pylist()
    return [row for row in rows if split is None or row["split"] == split]


def read_dataset_info(root: str | Path) -> dict[str, Any]:
    """Read ``dataset.json`` of a tiled dataset.

    Raises:
        DataError: When it is missing, unreadable or of another format.
    """
    path = Path(root) / DATASET_INFO
    if not path.exists():
        raise _missing(path)
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"`{path}` is not valid JSON ({error}): run the tiling again.") from error
    if not isinstance(info, dict):
        raise DataError(f"`{path}` must hold an object, not a list: run the tiling again.")
    if info.get("format") != FORMAT:
        raise DataError(
            f"`{path}` has the format {info.get('format')!r}; this version of mmda reads format "
            f"{FORMAT}: tile the dataset again."
        )
    _check_info(info, path)
    return info


def has_pseudo_labels(root: str | Path) -> bool:
    """Tell whether a folder is a tiled dataset whose labels ``mmda pseudo_label`` has written.

    Raises:
        DataError: When its ``dataset.json`` is unreadable or of another format.
    """
    return (Path(root) / DATASET_INFO).exists() and bool(read_dataset_info(root).get(PSEUDO))


def _check_info(info: dict[str, Any], path: Path) -> None:
    """Raise a :class:`DataError` for names that are no line of text; they get into configs."""
    classes = info.get("classes")
    if not isinstance(classes, list):
        raise DataError(f"`{path}`: `classes` must be a list of names: run the tiling again.")
    named = {"task": [info.get("task")], "domain": [info.get("domain")], "class": classes}
    for what, names in named.items():
        for name in names:
            try:
                check_name(what, name, DataError)
            except DataError as error:
                raise DataError(f"`{path}`: {error}") from None


def _missing(path: Path) -> DataError:
    started = (path.parent / ".scenes").exists()
    state = (
        "its tiling was interrupted: run the same command again"
        if started
        else (
            "it is no tiled dataset: make one with `mmda tile geotiff IMAGES OUT ...`, a "
            "translated copy (`..._as_...`) with `mmda translate SOURCE OUT ...` (see "
            "docs/methods/image-level.md), or correct the folder"
        )
    )
    return DataError(f"`{path}` does not exist; {state}.")


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the columns with types that keep a missing value missing."""
    import pandas

    return {
        name: pandas.Series([row.get(name) for row in rows], dtype=kind)
        for name, kind in COLUMNS.items()
    }


def _footprints(rows: Sequence[dict[str, Any]]) -> Any:
    """Return the tiles' outlines in EPSG:4326; empty where the CRS is unknown."""
    import shapely
    from pyproj.exceptions import ProjError

    outlines = np.full(len(rows), shapely.Polygon(), dtype=object)
    groups: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if row["crs"] is not None and row["transform"] is not None:
            groups.setdefault(row["crs"], []).append(index)
    for crs, members in groups.items():
        with suppress(ProjError):  # for example a local CRS
            corners = _corners(crs, [rows[i] for i in members])
            outlines[members] = [_on_the_globe(outline) for outline in corners]
    return outlines


def _on_the_globe(corners: np.ndarray) -> Any:
    """Return the outline of a tile, in two parts where it lies across 180 degrees.

    Args:
        corners: ``(4, 2)``, longitude and latitude in degrees; longitudes of any turn.
    """
    import shapely

    longitudes = near(corners[:, 0], near(float(corners[0, 0]), 0.0))
    outline = shapely.Polygon(np.column_stack([longitudes, corners[:, 1]]))
    if abs(longitudes).max() <= 180:
        return outline
    parts = [
        shapely.transform(outline, lambda points, turn=turn: np.add(points, (turn, 0)))
        for turn in (-360.0, 0.0, 360.0)
    ]
    globe = shapely.box(-180, -90, 180, 90)
    inside = [shapely.intersection(part, globe) for part in parts]
    return shapely.union_all([part for part in inside if part.area > 0])


def _corners(crs: str, rows: Sequence[dict[str, Any]]) -> np.ndarray:
    """Return the four corners of tiles of one CRS, ``(tiles, 4, 2)``: longitude, latitude."""
    from pyproj import Transformer

    a, b, c, d, e, f = np.array([row["transform"] for row in rows], float).T[..., None]
    height, width = np.array([(row["height"], row["width"]) for row in rows], float).T[..., None]
    x, y = width * [[0, 1, 1, 0]], height * [[0, 0, 1, 1]]
    transformer = Transformer.from_crs(crs, 4326, always_xy=True)
    return np.stack(transformer.transform(a * x + b * y + c, d * x + e * y + f), axis=-1)
