"""Scores of maps in Python: what ``mmda score`` calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.errors import ConfigError
from mmda.evaluation.options import LAYERS, ScoreOptions

if TYPE_CHECKING:
    from mmda.evaluation.score import MapScores

DEFAULT = ScoreOptions()
MASK = "_mask"


def score(
    maps: str | Path,
    truth: str | Path,
    options: ScoreOptions = DEFAULT,
    *,
    classes: Sequence[str] | None = None,
) -> MapScores:
    """Score maps against the truth: IoU, F1, precision, recall, outlines, objects and roads.

    Args:
        maps: A mask, or a folder of masks (``.tif``).
        truth: The true mask on the same pixels or a layer; or a folder of them with the maps'
            names, with or without ``_mask``.
        options: Distances in metres and what is compared.
        classes: Names of the classes; by default those that the maps name.

    Returns:
        Scores in percent, pooled, per city and per scene, with bootstrap intervals over scenes.

    Raises:
        ConfigError: When a folder has no masks, or a map has no truth.
        DataError: When a file cannot be read, or two of a pair do not fit.

    Example:
        >>> from mmda import score
        >>> found = score("mask.tif", "mask.tif")
        >>> found.pooled["IoU"].tolist()
        [100.0, 100.0]
    """
    from mmda.evaluation.score import score_maps

    return score_maps(_pairs(Path(maps), Path(truth)), options, classes)


def _pairs(maps: Path, truth: Path) -> list[tuple[Path, Path]]:
    if not maps.is_dir():
        return [(maps, truth)]
    if not truth.is_dir():
        raise ConfigError(f"`{maps}` is a folder, so `{truth}` must be the folder of the truth.")
    masks = sorted(
        path for path in maps.iterdir() if path.suffix.lower() in (".tif", ".tiff") and _is(path)
    )
    if not masks:
        raise ConfigError(f"`{maps}` holds no masks (.tif).")
    suffixes = (".tif", ".tiff", *LAYERS)
    files = [p for p in sorted(truth.iterdir()) if p.suffix.lower() in suffixes and _is(p)]
    known = {path.stem.removesuffix(MASK): path for path in files}
    for folder, listed in ((truth, files), (maps, masks)):
        names = [path.stem.removesuffix(MASK) for path in listed]
        if double := next((name for name in names if names.count(name) > 1), None):
            raise ConfigError(f"`{folder}` has several files of the scene `{double}`; keep one.")
    missing = [path.name for path in masks if path.stem.removesuffix(MASK) not in known]
    if missing:
        raise ConfigError(
            f"`{truth}` has no truth for {len(missing)} of {len(masks)} maps of `{maps}`, such as "
            f"`{missing[0]}`: name it the same."
        )
    return [(path, known[path.stem.removesuffix(MASK)]) for path in masks]


def _is(path: Path) -> bool:
    """Tell whether a file is a mask, and not what ``mmda predict`` writes beside it."""
    return not path.stem.endswith(("_probabilities", "_entropy")) and not path.name.startswith(".")
