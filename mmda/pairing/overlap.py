"""Scenes of two domains that show the same ground, whose score says nothing about transfer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Geod, Transformer

from mmda.raster.dataset.domain import TiledDomain
from mmda.raster.dataset.manifest import MANIFEST

Rows = Sequence[Mapping[str, Any]]
SMALLEST = 0.01  # share of the smaller scene; rounding makes adjacent scenes overlap a little
# Massachusetts Buildings and Roads: EPSG:26986 coordinates in units of 100 m, 1500 m scenes.
_MASSACHUSETTS = re.compile(r"(?<!\d)(\d{4})(\d{4})_15(?!\d)")
_SIDE = 1500.0  # metres


@dataclass(frozen=True)
class Overlap:
    """The ground that two domains share.

    Attributes:
        source_scenes: Source scenes that overlap with a target scene.
        target_scenes: Target scenes that overlap with a source scene.
        area_km2: Area of the shared ground in square kilometres, summed over pairs of scenes.
        splits: ``'source split/target split'`` -> number of pairs of scenes.
        examples: Up to five pairs of scene names.
        unplaced: Number of scenes per domain without a known position on the ground.
    """

    source_scenes: int
    target_scenes: int
    area_km2: float
    splits: dict[str, int]
    examples: list[tuple[str, str]]
    unplaced: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return the overlap as plain values."""
        return asdict(self)

    def warnings(self) -> list[str]:
        """Return sentences about the scenes that overlap, and about those without a position."""
        found = []
        if self.examples:
            splits = ", ".join(f"{names} {n}" for names, n in sorted(self.splits.items()))
            pairs = ", ".join(f"`{a}` and `{b}`" for a, b in self.examples[:3])
            found.append(
                f"{self.source_scenes} source and {self.target_scenes} target scenes show the same "
                f"ground ({self.area_km2:.3g} km2; pairs by source/target split: {splits}), e.g. "
                f"{pairs}. The score on them says nothing about transfer: leave them out of one "
                "domain."
            )
        unplaced = ", ".join(f"{n} {domain} scenes" for domain, n in self.unplaced.items() if n)
        if unplaced:
            found.append(
                f"{unplaced} have no georeference, so that it is unknown whether they overlap with "
                "the other domain on the ground."
            )
        return found


@dataclass(frozen=True)
class _Places:
    names: list[str]
    splits: dict[str, str]
    shapes: np.ndarray
    unplaced: int


def find_overlap(source: TiledDomain, target: TiledDomain, rows: tuple[Rows, Rows]) -> Overlap:
    """Compare the footprints of all scenes, in EPSG:4326.

    The footprint of a scene is that of its tiles. Without a georeference, it is derived from the
    file name if this has the form of the Massachusetts sets (``XXXXYYYY_15``).

    Args:
        source: The source domain.
        target: The target domain.
        rows: All rows of both manifests, with their final splits.
    """
    one, other = _places(source, rows[0]), _places(target, rows[1])
    tree = shapely.STRtree(other.shapes)
    first, second = tree.query(one.shapes, predicate="intersects")
    common = shapely.intersection(one.shapes[first], other.shapes[second])
    smaller = np.minimum(shapely.area(one.shapes[first]), shapely.area(other.shapes[second]))
    keep = shapely.area(common) > SMALLEST * smaller
    first, second, common = first[keep], second[keep], common[keep]
    pairs = [(one.names[i], other.names[j]) for i, j in zip(first, second, strict=True)]
    splits: dict[str, int] = {}
    for a, b in pairs:
        name = f"{one.splits[a]}/{other.splits[b]}"
        splits[name] = splits.get(name, 0) + 1
    geod = Geod(ellps="WGS84")
    area = sum(abs(geod.geometry_area_perimeter(shape)[0]) for shape in common) / 1e6
    return Overlap(
        len(set(first.tolist())),
        len(set(second.tolist())),
        float(f"{area:.6g}"),
        splits,
        sorted(pairs)[:5],
        {"source": one.unplaced, "target": other.unplaced},
    )


def _places(domain: TiledDomain, rows: Rows) -> _Places:
    """Return the footprints of a domain's scenes."""
    tiles: dict[str, list[Any]] = {}
    splits: dict[str, str] = {}
    names: dict[str, str] = {}
    for row, outline in zip(rows, _outlines(domain.root), strict=True):
        tiles.setdefault(row["scene"], []).append(outline)
        splits[row["scene"]] = row["split"]
        names[row["scene"]] = Path(row["source"]).name
    transformer = Transformer.from_crs(26986, 4326, always_xy=True)
    shapes = {}
    for scene, outlines in tiles.items():
        shape = shapely.union_all(outlines)
        if shape.is_empty:
            shape = _named_place(names[scene], transformer) or _named_place(scene, transformer)
        if shape is not None:
            shapes[scene] = shape
    placed = np.array(list(shapes.values()), dtype=object)
    return _Places(list(shapes), splits, placed, len(tiles) - len(shapes))


def _outlines(root: Path) -> np.ndarray:
    """Read the footprints of the tiles, in the manifest's order."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(root / MANIFEST, columns=["geometry"])
    return shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))


def _named_place(name: str, transformer: Transformer) -> Any:
    match = _MASSACHUSETTS.search(name)
    if match is None:
        return None
    x, y = 100.0 * int(match[1]), 100.0 * int(match[2])
    corners = [(x, y), (x + _SIDE, y), (x + _SIDE, y + _SIDE), (x, y + _SIDE)]
    return shapely.Polygon(transformer.itransform(corners))
