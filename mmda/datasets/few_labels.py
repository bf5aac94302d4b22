"""A handful of labelled tiles of the target."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np

from mmda.datasets.transforms.domain_matching import MatchDomain
from mmda.datasets.transforms.scale_matching import MatchScale
from mmda.datasets.transforms.tile_matching import MatchTile
from mmda.errors import DataError, did_you_mean
from mmda.raster.dataset.tile_files import pseudo_label_path, read_label
from mmda.raster.decoding import IGNORE

Row = dict[str, Any]


def choose_rows(
    rows: Sequence[Row], labelled_tiles: str | Sequence[str], root: str, num_classes: int
) -> list[Row]:
    """Return the manifest's rows of labelled tiles.

    Args:
        rows: Rows of the manifest, of one split.
        labelled_tiles: What names the tiles: a list of their ids; a text file with one id per
            line; a layer of tiles with the attribute ``tile``, as ``mmda suggest`` writes it; or a
            folder with their labels, ``labels/TILE.png`` (class ids, 255 = ignore), which then
            stand in for those of the dataset.
        root: The dataset's folder, for messages.
        num_classes: Number of the dataset's own classes.

    Returns:
        The rows, in the manifest's order. Where a folder holds the labels they have the key
        ``given_label``, a path.

    Raises:
        DataError: When the file is missing or names no tile, a tile is not in the split, or a label
            of a folder has another size than its tile or other values than class ids and 255.
    """
    labels: dict[str, dict[str, str]] = {}
    if isinstance(labelled_tiles, str) and Path(labelled_tiles).is_dir():
        labels = {path.stem: {"given_label": str(path)} for path in _labels(Path(labelled_tiles))}
        names: Sequence[str] = list(labels)
    else:
        names = _read(labelled_tiles, "labelled_tiles")
    named = _named(rows, names, root, "labelled_tiles")
    chosen = [{**row, **labels.get(row["id"], {})} for row in named]
    for row in chosen:
        if "given_label" in row:
            _check_label(row, num_classes)
    return chosen


def only_rows(rows: Sequence[Row], only_tiles: str | Sequence[str], root: str) -> list[Row]:
    """Return the rows of some tiles, in the manifest's order.

    Args:
        rows: Rows of the manifest, of one split.
        only_tiles: A list of ids, or a text file with one id per line, as ``mmda pseudo_label
            --easy`` writes it.
        root: The dataset's folder, for messages.

    Raises:
        DataError: When the file is missing or names no tile, or a tile is not in the split.
    """
    return _named(rows, _read(only_tiles, "only_tiles"), root, "only_tiles")


def _named(rows: Sequence[Row], names: Sequence[str], root: str, option: str) -> list[Row]:
    known = {row["id"] for row in rows}
    for name in names:
        if name not in known:
            raise DataError(
                f"`{option}` names `{name}`, which is no tile of this split of `{root}`."
                + did_you_mean(name, sorted(known))
            )
    if not names:
        raise DataError(f"`{option}` of `{root}` names no tile. Leave it out.")
    wanted = set(names)
    return [row for row in rows if row["id"] in wanted]


def without_matching(steps: Sequence[Callable]) -> list[Callable]:
    """Return a source pipeline's steps for target tiles, which already look like the target."""
    kept = [step for step in steps if not isinstance(step, MatchDomain | MatchTile)]
    return [_at_own_scale(step) if isinstance(step, MatchScale) else step for step in kept]


def _at_own_scale(step: MatchScale) -> MatchScale:
    own = copy.copy(step)
    own.ratio = 1.0
    return own


def _check_label(row: Row, num_classes: int) -> None:
    path, label = row["given_label"], read_label(row["given_label"])
    if label.shape != (row["height"], row["width"]):
        raise DataError(
            f"The label `{path}` has {label.shape[0]} x {label.shape[1]} pixels, its tile "
            f"{row['height']} x {row['width']}. Draw it on the tile's own grid."
        )
    odd = np.setdiff1d(label, [*range(num_classes), IGNORE])
    if odd.size:
        raise DataError(
            f"The label `{path}` has the value {odd[0]}; expected class ids from 0 to "
            f"{num_classes - 1}, and {IGNORE} where it is to be ignored."
        )


def _labels(folder: Path) -> list[Path]:
    return sorted(pseudo_label_path(folder, "*").parent.glob("*.png"))


def _read(path: str | Sequence[str], option: str) -> Sequence[str]:
    if not isinstance(path, str):
        return path
    if not Path(path).is_file():
        raise DataError(
            f"`{option}`: `{path}` does not exist. Give tile ids, a text file with one per "
            "line, a layer of `mmda suggest` or a folder with labels/TILE.png."
        )
    if Path(path).suffix.lower() == ".gpkg":
        layer = geopandas.read_file(path, ignore_geometry=True)
        if "tile" not in layer:
            raise DataError(
                f"`{option}`: the layer `{path}` has no attribute `tile`; it has "
                f"{', '.join(layer.columns)}."
            )
        return [str(name) for name in layer["tile"]]
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()]
