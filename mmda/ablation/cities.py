"""Two toy cities, generated and tiled for one task."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
from pathlib import Path

from mmda.raster import RasterLabels, RunOptions, Scene, TileOptions, tile_dataset
from mmda.tasks import TASKS
from mmda.toy.city import DOMAINS, generate
from mmda.toy.shift import DomainShift

SCENES = {"train": 4, "val": 1, "test": 2}
SCENE_SIZE = 768  # pixels
TILE = 256  # pixels


def city_folder(seed: int, shift: DomainShift) -> str:
    """Name the folder of a shift and seed, so that data of different ones never mix."""
    values = json.dumps(dataclasses.asdict(shift), sort_keys=True)
    return f"seed{seed}-{hashlib.sha1(values.encode()).hexdigest()[:8]}"


def prepare_data(root: Path, task: str, shift: DomainShift, seed: int) -> None:
    """Generate the cities below ``root/cities`` and tile them below ``root/<task>``.

    What exists already is not made again.

    Args:
        root: Folder of this shift and seed.
        task: One of :data:`mmda.tasks.TASKS`.
        shift: How the target city differs from the source city.
        seed: Seed of both cities.
    """
    generate(root / "cities", shift, seed, SCENES, SCENE_SIZE, workers=2)
    classes, palette = TASKS[task].classes, TASKS[task].palette
    for domain in DOMAINS:
        scenes = city_scenes(root / "cities" / domain, task)
        options = TileOptions(task, domain, classes, TILE, palette=palette)
        tile_dataset(scenes, root / task / domain, options, RunOptions(progress=False))


def city_scenes(city: Path, task: str) -> list[Scene]:
    """Return a generated city's scenes with the masks of ``task``."""
    with (city / "scenes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Scene(
            name=row["scene"],
            image=str(city / "images" / f"{row['scene']}.tif"),
            split=row["split"],
            label=RasterLabels(str(city / "masks" / task / f"{row['scene']}.tif")),
            city=row["city"],
        )
        for row in rows
    ]
