"""The data of a task: class frequencies, resolution and where the tiles lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from mmengine.config import Config
from pyproj import Transformer
from pyproj.exceptions import ProjError

from mmda.engine.unlabelled_data import target_dataset, truly_labelled_sources
from mmda.errors import MMDAError
from mmda.raster.dataset.domain import TiledDomain, count_splits, typical_gsd
from mmda.report.content import Domain
from mmda.report.plane import footprints

SPLIT_COLOURS = {"train": "#3b82f6", "val": "#ca8a04", "test": "#db2777"}
MOST = 4000  # footprints


def domains(config: Config) -> list[Domain]:
    """Return the domains of a config whose data are there.

    Labels of the target's training tiles are not looked at.
    """
    found = []
    with suppress(MMDAError):
        source = next(iter(truly_labelled_sources(config)), None)
        if source is not None:
            found.append(_domain("source", source, ("train",)))
    with suppress(MMDAError):
        found.append(_domain("target", target_dataset(config, None, None, tested=True), ("test",)))
    return found


def _domain(role: str, described: Mapping[str, Any], labelled: Sequence[str]) -> Domain:
    tiles = TiledDomain(
        described["data_root"],
        described.get("split_file"),
        described.get("class_map"),
        (described.get("metainfo") or {}).get("classes"),
    )
    rows = tiles.rows()
    splits = count_splits(rows)
    gsd = typical_gsd(rows)
    facts = {
        "folder": Path(described["data_root"]).name,
        "tiles": ", ".join(f"{name} {count}" for name, count in splits.items()),
        "scenes": str(len({row["scene"] for row in rows})),
        "tile": f"{side} pixels" if (side := tiles.info["tile"]) else "whole images",
        "bands": f"{tiles.info['bands']}, {tiles.info['dtype']}",
        "ground sample distance": "unknown" if gsd is None else f"{gsd:.3g} m",
    }
    shares = {split: _shares(rows, split, tiles.classes) for split in labelled if split in splits}
    return Domain(role, facts, {k: v for k, v in shares.items() if v}, _places(rows, role))


def _shares(rows: Sequence[Mapping[str, Any]], split: str, classes: Sequence[str]) -> dict:
    counts = [r["class_pixels"] for r in rows if r["split"] == split and r["class_pixels"]]
    total = np.sum(counts, axis=0) if counts else np.zeros(len(classes))
    if not total.sum():
        return {}
    return dict(zip(classes, (100 * total / total.sum()).tolist(), strict=True))


def _places(rows: Sequence[Mapping[str, Any]], role: str) -> str:
    """Return where the tiles lie as SVG; empty where that is not known."""
    placed = [row for row in rows if row["crs"] and row["transform"] is not None]
    if not placed:
        return ""
    several = len({row["crs"] for row in placed}) > 1
    corners: dict[str, list[np.ndarray]] = {}
    for row in placed[:: -(-len(placed) // MOST)]:
        ring = np.array(
            [(0, 0), (row["width"], 0), (row["width"], row["height"]), (0, row["height"])]
        )
        transform = Affine(*row["transform"])
        at = np.array([transform @ tuple(corner) for corner in ring.tolist()])
        with suppress(ProjError):
            if several:
                change = Transformer.from_crs(row["crs"], "EPSG:4326", always_xy=True)
                at = np.stack(change.transform(at[:, 0], at[:, 1]), axis=1)
            if np.isfinite(at).all():
                corners.setdefault(row["split"], []).append(at)
    if not corners:
        return ""
    ordered = {name: np.stack(corners[name]) for name in SPLIT_COLOURS if name in corners}
    listed = ", ".join(f"{len(one)} of {name}" for name, one in ordered.items())
    return footprints(ordered, SPLIT_COLOURS, f"Where tiles of the {role} lie: {listed}")
