"""What the data of a run cannot teach, told before the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmda.raster.dataset.domain import TiledDomain

FAR_MEAN = 6.0  # standard deviations
FAR_STD = 8.0  # ratio
ADAPTS = "Match"  # begins the names of transforms that give images another domain's look


def absent_classes(domain: TiledDomain, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a warning about the classes without a pixel in the training labels; or nothing."""
    counts = [sum(column) for column in zip(*(row["class_pixels"] for row in rows), strict=True)]
    absent = [f"`{name}`" for name, n in zip(domain.classes, counts, strict=True) if not n]
    if not absent:
        return []
    return [
        f"`{domain.root}`: {', '.join(absent)}: no pixel in the labels of the split "
        f"`{rows[0]['split']}`, so they cannot be learnt. Correct the labels, add scenes that have "
        "them, or leave the classes out."
    ]


def foreign_values(
    domain: TiledDomain, dataset: Mapping[str, Any], preprocessor: Mapping[str, Any]
) -> list[str]:
    """Return a warning when a dataset's values are not those that a model normalises; or nothing.

    After the normalisation the values of each band should have a mean near 0 and a deviation near
    1. Values of another type or scale, such as 0..1 in place of 0..255, are far from it.

    Args:
        domain: The dataset.
        dataset: Its config.
        preprocessor: The config of the model's data preprocessor.
    """
    steps = [str(step.get("type")) for step in dataset.get("pipeline") or ()]
    statistics = domain.info.get("statistics") or {}
    if any(step.startswith(ADAPTS) for step in steps) or not {"mean", "std"} <= set(statistics):
        return []
    name = dataset.get("domain") or domain.info["domain"]
    expected = (preprocessor.get("domains") or {}).get(name, preprocessor)
    mean, std = (np.asarray(statistics[key], float) for key in ("mean", "std"))
    own_mean, own_std = (np.asarray(expected[key], float) for key in ("mean", "std"))
    shift = np.abs(mean - own_mean) / own_std
    ratio = np.maximum(std, 1e-12) / own_std
    if shift.max() <= FAR_MEAN and ratio.max() >= 1 / FAR_STD and ratio.min() <= FAR_STD:
        return []
    return [
        f"`{domain.root}` holds {domain.info['dtype']} values with the mean {_listed(mean)} and "
        f"the deviation {_listed(std)}, but the model's data preprocessor normalises by "
        f"{_listed(own_mean)} and {_listed(own_std)}. Bring the rasters to one scale before "
        "tiling, or set the preprocessor's statistics (`domains`) to those of the data."
    ]


def _listed(values: np.ndarray) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
