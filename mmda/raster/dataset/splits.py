"""Assigning scenes to train, val and test: by table, by folder or by a stable hash."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mmda.errors import ConfigError, DataError
from mmda.raster.dataset.discovery import SPLIT_FOLDERS


class Placement(NamedTuple):
    """The split and the city of a scene."""

    split: str
    city: str | None


def read_split_table(path: str) -> dict[str, Placement]:
    """Read a CSV with the columns ``scene``, ``split`` and, if wanted, ``city``.

    A scene is named by its scene name, its file name or its file name without suffix.

    Raises:
        DataError: When the file is missing or malformed.
    """
    if not Path(path).is_file():
        raise DataError(f"The split table `{path}` does not exist. Correct the path.")
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        columns = reader.fieldnames or []
    if not {"scene", "split"} <= set(columns):
        raise DataError(
            f"`{path}` has the columns {', '.join(columns) or '(none)'}; expected `scene`, `split` "
            "and, if wanted, `city`."
        )
    table = {}
    for number, row in enumerate(rows, start=2):
        split = SPLIT_FOLDERS.get((row["split"] or "").strip().lower())
        if split is None:
            raise DataError(
                f"`{path}`, line {number}: unknown split `{row['split']}`; expected train, val or "
                "test."
            )
        table[row["scene"].strip()] = Placement(split, (row.get("city") or "").strip() or None)
    return table


def place_by_table(
    names: Sequence[str], files: Sequence[str], table: dict[str, Placement], path: str
) -> list[Placement]:
    """Look every scene up in a split table.

    Args:
        names: Scene names.
        files: File names of the images, in the same order.
        table: See :func:`read_split_table`.
        path: Path of the table, named by the error.

    Raises:
        DataError: When scenes are missing from the table; the first five are named.
    """
    placements, missing = [], []
    for name, file in zip(names, files, strict=True):
        keys = (name, file, file.rsplit(".", 1)[0])
        found = next((table[key] for key in keys if key in table), None)
        if found is None:
            missing.append(f"`{name}`")
        else:
            placements.append(found)
    if missing:
        raise DataError(
            f"{len(missing)} of {len(names)} scenes are missing from the split table `{path}`: "
            f"{', '.join(missing[:5])}. Add them to its column `scene`, or leave the images out."
        )
    return placements


def split_by_hash(groups: Sequence[str], val_fraction: float, seed: int = 0) -> list[str]:
    """Draw about ``val_fraction`` of the groups for ``val``, the others for ``train``.

    A group's draw depends on its name and the seed alone: adding scenes moves no other scene.
    With two or more groups each split gets at least one.

    Args:
        groups: The group of every scene (its name, or what must not be torn apart).
        val_fraction: Share of groups in ``val``, above 0 and below 1.
        seed: Another seed gives another draw.

    Raises:
        ConfigError: When the fraction is out of range.
        DataError: When there is only one group.
    """
    if not 0 < val_fraction < 1:
        raise ConfigError(f"The val fraction must lie between 0 and 1, but got {val_fraction}.")
    draws = {group: _draw(group, seed) for group in groups}
    if len(draws) < 2:
        raise DataError(
            f"Cannot split one scene or group (`{groups[0]}`) into train and val: splits are made "
            "per scene, since abutting tiles share ground. Give --split instead."
        )
    ranked = sorted(draws, key=lambda group: (draws[group], group))
    val = {group for group in ranked if draws[group] < val_fraction} or {ranked[0]}
    val.discard(ranked[-1])
    return ["val" if group in val else "train" for group in groups]


def match_group(pattern: str, names: Sequence[str]) -> list[str]:
    """Return the first group of a regular expression in every name.

    Raises:
        ConfigError: When the expression is malformed or has no group.
        DataError: When a name does not match; the first five are named.
    """
    try:
        regex = re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"`{pattern}` is no regular expression: {error}.") from error
    if regex.groups < 1:
        raise ConfigError(f"`{pattern}` needs a group in brackets, e.g. `^(.+?)_\\d+$`.")
    matches = [regex.search(name) for name in names]
    odd = [f"`{name}`" for name, match in zip(names, matches, strict=True) if match is None]
    if odd:
        raise DataError(f"{len(odd)} names do not match `{pattern}`: {', '.join(odd[:5])}.")
    return [match.group(1) for match in matches if match is not None]


def _draw(name: str, seed: int) -> float:
    salted = f"{seed}:{name}" if seed else name
    return int(hashlib.sha1(salted.encode()).hexdigest()[:12], 16) / 16**12
