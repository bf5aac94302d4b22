"""The manifest of a tiled dataset: writing GeoParquet, reading it with pyarrow alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmda.errors import DataError
from mmda.utils.files import atomic_path

if TYPE_CHECKING:
    import pyarrow

MANIFEST = "manifest.parquet"
DATASET_INFO = "dataset.json"
FORMAT = 1


def write_manifest(root: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write the manifest as GeoParquet, sorted by tile id.

    Args:
        root: Folder of the tiled dataset.
        rows: One dict per tile, see :mod:`mmda.raster.tiles`; the footprint is added here.
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
        return pyarrow.parquet.read_table(path, columns=[n for n in names if n != "geometry"])
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(
            f"Cannot read the manifest `{path}` ({error}): run the tiling again."
        ) from error


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
    if info.get("format") != FORMAT:
        raise DataError(
            f"`{path}` has the format {info.get('format')!r}; this version of mmda reads format "
            f"{FORMAT}: tile the dataset again."
        )
    return info


def _missing(path: Path) -> DataError:
    started = (path.parent / ".scenes").exists()
    state = (
        "its tiling was interrupted: run the same command again"
        if started
        else (
            "it is no tiled dataset: make one with `mmda tile geotiff IMAGES OUT ...`, "
            "or correct the folder"
        )
    )
    return DataError(f"`{path}` does not exist; {state}.")


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the columns with types that keep a missing value missing."""
    import pandas

    kinds = {"nominal_gsd": "bool", "transform": "object", "class_pixels": "object"}
    kinds.update(dict.fromkeys(("gsd", "valid_fraction"), "Float64"))
    whole = ("row", "col", "height", "width", "ignore_pixels", "image_bytes", "label_bytes")
    kinds.update(dict.fromkeys(whole, "Int64"))
    return {
        name: pandas.Series([row[name] for row in rows], dtype=kinds.get(name, "string"))
        for name in rows[0]
    }


def _footprints(rows: Sequence[dict[str, Any]]) -> list[Any]:
    """Return the tiles' outlines in EPSG:4326; empty where the CRS is unknown."""
    from affine import Affine
    from pyproj import Transformer
    from shapely import Polygon

    transformers: dict[str, Transformer] = {}
    outlines = []
    for row in rows:
        if row["crs"] is None or row["transform"] is None:
            outlines.append(Polygon())
            continue
        if row["crs"] not in transformers:
            transformers[row["crs"]] = Transformer.from_crs(row["crs"], 4326, always_xy=True)
        height, width = row["height"], row["width"]
        affine = Affine(*row["transform"])
        corners = [affine * c for c in ((0, 0), (width, 0), (width, height), (0, height))]
        outlines.append(Polygon(transformers[row["crs"]].itransform(corners)))
    return outlines
