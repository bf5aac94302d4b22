"""Completing a tiled dataset: manifest and ``dataset.json`` from the records of its scenes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmda.errors import DataError
from mmda.raster.dataset.manifest import DATASET_INFO, FORMAT, read_manifest_table, write_manifest
from mmda.raster.dataset.stats import BandStatistics, pixels_per_split
from mmda.raster.scene import SPLITS
from mmda.raster.tiling.store import Record, SceneStore, rows_of
from mmda.utils.files import atomic_write_json


def finish_dataset(store: SceneStore, palette: list[list[int]], changed: bool) -> dict[str, Any]:
    """Write manifest and ``dataset.json``, unless they are there, whole and nothing has changed.

    Returns:
        The content of ``dataset.json``.

    Raises:
        DataError: When no tile is left.
    """
    records, fixed = store.records(), store.options() or {}
    rows = [row for record in records for row in rows_of(record)]
    if not rows:
        raise DataError(
            f"No tile was left for `{store.root}`: all have less valid area than "
            f"min_valid = {fixed['min_valid']}, or the rasters are smaller than a tile "
            f"(edge = {fixed['edge']}). Lower min_valid, or use another tile size or edge rule."
        )
    info = _dataset_info(records, rows, fixed, palette)
    path = store.root / DATASET_INFO
    if changed or not path.exists() or not _is_whole(store.root, rows):
        write_manifest(store.root, rows)
    atomic_write_json(path, info)
    return info


def _is_whole(root: Path, rows: Sequence[Record]) -> bool:
    """Tell whether the manifest can be read and lists the tiles of these rows."""
    try:
        listed = read_manifest_table(root)["id"].to_pylist()
    except (DataError, KeyError):
        return False
    return listed == sorted(row["id"] for row in rows)


def _dataset_info(
    records: Sequence[Record],
    rows: Sequence[Record],
    fixed: dict[str, Any],
    palette: list[list[int]],
) -> dict[str, Any]:
    splits = {s: sum(row["split"] == s for row in rows) for s in SPLITS}
    used = [r for r in records if r["split"] == "train" or not splits["train"]]
    parts = (BandStatistics.from_json(record["statistics"]) for record in used)
    statistics = BandStatistics.merged(fixed["bands"], parts)
    labelled = [row for row in rows if row["class_pixels"] is not None]
    gsds = {row["gsd"] for row in rows}
    specs = [json.loads(record["shared"]["scene_spec"]) for record in records]
    bands = _common([spec["bands"] for spec in specs])
    return {
        "format": FORMAT,
        "task": fixed["task"],
        "domain": fixed["domain"],
        "classes": fixed["classes"],
        "palette": palette,
        "bands": fixed["bands"],
        "dtype": fixed["dtype"],
        "tile": fixed["tile"],
        "stride": fixed["stride"] or fixed["tile"],
        "band_indices": bands,
        "nodata": _common([spec["nodata"] for spec in specs]),
        "white_area": _common([spec["white_area"] for spec in specs]),
        "gsd": fixed["gsd"] or (min(gsds) if len(gsds) == 1 else None),
        "gsd_range": None if None in gsds else [min(gsds), max(gsds)],
        "labelled": bool(labelled),
        "labelled_splits": [s for s in SPLITS if any(row["split"] == s for row in labelled)],
        "statistics": statistics.summary(),
        "splits": {split: count for split, count in splits.items() if count},
        "scenes": len(records),
        "dropped_tiles": sum(record["dropped"] for record in records),
        "class_pixels": pixels_per_split(labelled) or None,
        "options": fixed,
    }


def _common(values: Sequence[Any]) -> Any:
    """Return the value that all have, or ``None``."""
    return values[0] if all(value == values[0] for value in values) else None
