"""The folder of a map's bands, from the first one that is made until they are joined."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError, DataError
from mmda.raster.mapping.output import MapFiles
from mmda.utils.files import atomic_write_json

PLAN = "plan.json"
SUFFIX = "_bands"


@dataclass(frozen=True)
class BandPlan:
    """What all processes that make bands of a map agree on, as plain values.

    Attributes:
        rows: First row of each band, and the row after its last one.
        width: Pixels.
        classes: Names of the classes.
        tags: The tags that tell how the map is made.
        files: The names of the joined files by kind: the rasters, and what stands beside them.
    """

    rows: list[list[int]]
    width: int
    classes: list[str]
    tags: dict[str, str]
    files: dict[str, str]

    @property
    def height(self) -> int:
        """Rows of the map."""
        return self.rows[-1][1]

    @property
    def kinds(self) -> list[str]:
        """The kinds of rasters."""
        return [field.name for field in fields(MapFiles) if field.name in self.files]


class BandFolder:
    """The bands of a map, each in a file per kind of raster.

    Args:
        path: The folder, ``<name>_bands`` beside the map.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, plan: BandPlan) -> None:
        """Store the plan, or see that the stored one is the same.

        Raises:
            ConfigError: When the folder holds bands of another raster, model or options.
        """
        if (self.path / PLAN).exists() and self.read() != plan:
            raise ConfigError(
                f"`{self.path}` holds bands of another raster, by another model or with other "
                "options. Run all shards with the same ones; or remove the folder to begin anew."
            )
        self.path.mkdir(parents=True, exist_ok=True)
        atomic_write_json(self.path / PLAN, asdict(plan))

    def read(self) -> BandPlan:
        """Return the stored plan.

        Raises:
            DataError: When there is none, or it is damaged.
        """
        path = self.path / PLAN
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            plan = BandPlan(**values)
            names = [Path(name).name for name in plan.files.values()]
            if names != list(plan.files.values()) or "mask" not in plan.files or not plan.rows:
                raise ValueError("it names no files of a map")
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise DataError(
                f"`{path}` is no plan of bands ({error}). Give a folder that `mmda predict "
                "--shard` has made, or the one that it lies in."
            ) from error
        return plan

    def files(self, plan: BandPlan, band: int) -> MapFiles:
        """Return the files of a band."""
        return MapFiles(**{kind: self.path / f"{band:05d}_{kind}.tif" for kind in plan.kinds})

    def missing(self, plan: BandPlan) -> list[int]:
        """Return the bands that are not made yet; a band's mask appears last."""
        return [i for i in range(len(plan.rows)) if not self.files(plan, i).mask.exists()]

    def final(self, plan: BandPlan) -> dict[str, Path]:
        """Return the joined files by kind, beside the folder."""
        return {kind: self.path.parent / name for kind, name in plan.files.items()}

    def remove(self) -> None:
        """Remove the folder and all bands; without their plan they could be taken for others."""
        for band in self.path.glob("*.tif"):
            band.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path)


def find_band_folders(path: Path) -> Iterator[BandFolder]:
    """Yield the folders of bands that a folder is or holds.

    Raises:
        DataError: When there are none.
    """
    found = [path] if (path / PLAN).exists() else [p.parent for p in path.glob(f"*{SUFFIX}/{PLAN}")]
    if not found:
        raise DataError(
            f"`{path}` holds no bands of maps. Give the folder that `mmda predict --shard` has "
            "written to."
        )
    yield from map(BandFolder, sorted(found))
