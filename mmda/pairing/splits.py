"""The splits of the target for validation and for the final score."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmda.errors import DataError
from mmda.raster.dataset.domain import count_splits
from mmda.raster.dataset.splits import split_by_hash
from mmda.utils.files import atomic_path

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class EvaluationSplits:
    """The splits on which a run is evaluated.

    Attributes:
        val: Split of the target for validation during the training; ``None`` if it has no labels.
        test: Split of the target for the final score, or ``None``.
        rule: A description of how they were chosen.
    """

    val: str | None
    test: str | None
    rule: str


def carve_val(rows: Rows, fraction: float) -> dict[str, str] | None:
    """Choose scenes of ``train`` for ``val`` if a domain has no ``val`` and ``train`` has labels.

    The choice depends on the scene's name alone, and all tiles of a scene are in one split.

    Args:
        rows: All rows of the domain.
        fraction: Share of the scenes in ``val``, above 0 and below 1.

    Returns:
        Scene -> split for all scenes of ``train``; ``None`` if no scene is to be moved.
    """
    train = [row for row in rows if row["split"] == "train"]
    scenes = sorted({row["scene"] for row in train})
    if "val" in count_splits(rows) or len(scenes) < 2 or not is_labelled(train):
        return None
    return dict(zip(scenes, split_by_hash(scenes, fraction), strict=True))


def write_split_table(path: Path, table: Mapping[str, str]) -> None:
    """Write scenes and splits to a CSV file for ``split_file`` and ``--split-csv``."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["scene", "split"])
        writer.writerows(sorted(table.items()))


def evaluation_splits(rows: Rows, carved: Mapping[str, str] | None) -> EvaluationSplits:
    """Choose the target's splits: ``val`` for validation, and ``test``, or else ``val``, to score.

    Args:
        rows: All rows of the target, after :func:`carve_val`.
        carved: The result of :func:`carve_val`.
    """
    labelled = [
        split
        for split in count_splits(rows)
        if is_labelled([row for row in rows if row["split"] == split])
    ]
    val = "val" if "val" in labelled else None
    test = "test" if "test" in labelled else val
    rule = "the target's own splits, per scene"
    if carved is not None:
        drawn = list(carved.values()).count("val")
        rule = f"{drawn} of the target's {len(carved)} train scenes became val, by a hash of names"
    if test is None:
        rule += "; no labelled target images: nothing can be scored"
    elif test == "val":
        rule += "; val is scored, since no labelled test split exists"
    return EvaluationSplits(val, test, rule)


def require_train(name: str, rows: Rows, root: Path) -> None:
    """Raise a :class:`DataError` when a domain has nothing to train on."""
    train = [row for row in rows if row["split"] == "train"]
    if not train:
        raise DataError(
            f"The {name} `{root}` has no tiles in the split `train` (it has "
            f"{count_splits(rows) or 'none'}). Tile scenes with --split train."
        )
    if name == "source" and not is_labelled(train):
        raise DataError(
            f"The source `{root}` has tiles without labels in the split `train`. Tile it with its "
            "labels; only the target needs none."
        )


def is_labelled(rows: Rows) -> bool:
    """Return whether there are tiles and all of them have labels."""
    return bool(rows) and all(row["class_pixels"] is not None for row in rows)
