"""Two toy cities on disk: the scenes, their vectors and masks."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from tqdm import tqdm

from mmda.errors import ConfigError
from mmda.toy.drawing import CLASSES
from mmda.toy.layout import make_layout
from mmda.toy.render import render
from mmda.toy.sensor import photograph
from mmda.toy.shift import DomainShift
from mmda.toy.style import SOURCE, CityStyle, target_style
from mmda.toy.writing import (
    NO_DATA,
    TASKS,
    scene_files,
    write_buildings,
    write_raster,
    write_roads,
)
from mmda.utils.files import atomic_write_text, ensure_free_space

FORMAT = 1
DOMAINS = ("source", "target")
SPLITS = ("train", "val", "test")
MIN_SIZE = 64
SCENE_GAP = 100.0
"""Distance between neighbouring scenes, metres."""

COLUMNS = 4
"""Number of scenes per row of the grid in which a city's scenes are arranged."""

NO_DATA_PROBABILITY = 0.3
NO_DATA_REACH = (0.12, 0.3)
"""Size of a missing corner as a share of the scene's side."""

BYTES_PER_PIXEL = 6
"""Upper estimate of a scene's size on disk."""

RECORD = "toy.json"
UNFINISHED = ".toy-unfinished.json"


@dataclass(frozen=True)
class SceneJob:
    """One scene to make.

    Attributes:
        folder: ``OUT/source`` or ``OUT/target``.
        style: The city.
        index: Number of the scene in its city, from 0.
        split: ``train``, ``val`` or ``test``.
        size: Side in pixels.
        seed: Seed of this scene.
    """

    folder: Path
    style: CityStyle
    index: int
    split: str
    size: int
    seed: tuple[int, ...]

    @property
    def name(self) -> str:
        """Name of the scene, ``<city>_<n>`` with n from 1."""
        return f"{self.style.name}_{self.index + 1}"

    @property
    def transform(self) -> Affine:
        """Geotransform of the scene."""
        pitch = self.size * self.style.gsd + SCENE_GAP
        row, column = divmod(self.index, COLUMNS)
        east, north = self.style.origin
        return Affine.translation(east + column * pitch, north - row * pitch) @ Affine.scale(
            self.style.gsd, -self.style.gsd
        )


def make_scene(job: SceneJob) -> str:
    """Make and write one scene and return its name. No file is left incomplete."""
    cv2.setNumThreads(1)
    style, size, epsg = job.style, job.size, job.style.epsg
    rng = np.random.default_rng(job.seed)
    layout = make_layout(rng, style, size)
    scene = render(rng, layout, style, size)
    image = photograph(rng, scene.reflectance, style.sensor)
    if rng.random() < NO_DATA_PROBABILITY:
        image[_missing_corner(rng, size)] = NO_DATA
    files = scene_files(job.folder, job.name)
    for task in TASKS:
        mask = getattr(scene, task)[None]
        write_raster(files[f"mask_{task}"], mask, job.transform, epsg, None)
    write_buildings(files["vector_buildings"], layout, job.transform, style.gsd, epsg)
    write_roads(files["vector_roads"], layout, job.transform, style.gsd, epsg)
    bands = np.ascontiguousarray(image.transpose(2, 0, 1))
    write_raster(files["image"], bands, job.transform, epsg, NO_DATA)
    return job.name


def _missing_corner(rng: np.random.Generator, size: int) -> NDArray[np.bool_]:
    """Return a triangle in one corner, as at the edge of a flight line; (size, size) bool."""
    rows, columns = np.indices((size, size)) / size
    if rng.random() < 0.5:
        rows = 1 - rows
    if rng.random() < 0.5:
        columns = 1 - columns
    a, b = rng.uniform(*NO_DATA_REACH, 2)
    return np.asarray(rows / a + columns / b < 1)


def scene_jobs(
    out: Path, shift: DomainShift, seed: int, scenes: dict[str, int], size: int
) -> dict[str, list[SceneJob]]:
    """Return the scenes of both cities by domain, in the order train, val, test."""
    splits = [split for split in SPLITS for _ in range(scenes.get(split, 0))]
    styles = dict(zip(DOMAINS, (SOURCE, target_style(shift)), strict=True))
    return {
        domain: [
            SceneJob(out / domain, style, index, split, size, (seed, number, index))
            for index, split in enumerate(splits)
        ]
        for number, (domain, style) in enumerate(styles.items())
    }


def generate(
    out: Path,
    shift: DomainShift,
    seed: int = 0,
    scenes: dict[str, int] | None = None,
    size: int = 768,
    workers: int = 1,
) -> None:
    """Generate the source and the target city.

    A run that was interrupted continues with the missing scenes. Nothing is done if all scenes
    exist with the same parameters. The result does not depend on ``workers``.

    Args:
        out: Folder for ``source/``, ``target/`` and ``toy.json``, which is written last.
        shift: How the target differs from the source.
        seed: Seed of all randomness, 0 or more.
        scenes: Number of scenes of a city by split: ``train``, ``val`` and ``test``; by default 4,
            1 and 2.
        size: Side of a scene in pixels.
        workers: Number of processes.

    Raises:
        ConfigError: When a parameter is out of range, or ``out`` has cities with other parameters.
        DataError: When the disk has too little free space.
    """
    out, scenes = Path(out), {"train": 4, "val": 1, "test": 2} if scenes is None else scenes
    _check(seed, scenes, size, workers)
    parameters = _parameters(shift, seed, scenes, size)
    _refuse_other_parameters(out, parameters)
    jobs = scene_jobs(out, shift, seed, scenes, size)
    missing = [
        job
        for city in jobs.values()
        for job in city
        if not all(f.is_file() for f in scene_files(job.folder, job.name).values())
    ]
    tables = [out / domain / "scenes.csv" for domain in DOMAINS]
    if not missing and (out / RECORD).is_file() and all(t.is_file() for t in tables):
        return
    ensure_free_space(out, len(missing) * size * size * BYTES_PER_PIXEL)
    record = json.dumps(parameters, indent=2) + "\n"
    if not (out / RECORD).is_file():
        atomic_write_text(out / UNFINISHED, record)
    with tqdm(total=len(missing), desc="toy cities", unit="scene") as progress:
        for name in _run(missing, workers):
            progress.set_postfix_str(name, refresh=False)
            progress.update()
    for table, city in zip(tables, jobs.values(), strict=True):
        atomic_write_text(table, _scene_table(city))
    if (out / UNFINISHED).is_file():
        os.replace(out / UNFINISHED, out / RECORD)


def _run(jobs: list[SceneJob], workers: int) -> Iterator[str]:
    if workers == 1 or len(jobs) < 2:
        yield from map(make_scene, jobs)
        return
    # Not forked: the child of a process with threads (OpenMP, a progress bar) can deadlock.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=fresh) as pool:
        futures = [pool.submit(make_scene, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _scene_table(city: list[SceneJob]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["scene", "split", "city"])
    writer.writerows([job.name, job.split, job.style.name] for job in city)
    return text.getvalue()


def _parameters(shift: DomainShift, seed: int, scenes: dict[str, int], size: int) -> dict[str, Any]:
    """Return all that the result depends on, as it is written to ``toy.json``."""
    parameters = {
        "format": FORMAT,
        "seed": seed,
        "size": size,
        "scenes": {split: scenes.get(split, 0) for split in SPLITS},
        "classes": list(CLASSES),
        "shift": dataclasses.asdict(shift),
        "source": dataclasses.asdict(SOURCE),
        "target": dataclasses.asdict(target_style(shift)),
    }
    return dict(json.loads(json.dumps(parameters)))


def _check(seed: int, scenes: dict[str, int], size: int, workers: int) -> None:
    unknown = set(scenes) - set(SPLITS)
    if unknown:
        raise ConfigError(f"Unknown split `{min(unknown)}`; expected {', '.join(SPLITS)}.")
    if min(scenes.values(), default=0) < 0 or sum(scenes.values()) < 1:
        raise ConfigError(f"Expected at least one scene and no negative number, got {scenes}.")
    for name, value, least in (
        ("seed", seed, 0),
        ("size", size, MIN_SIZE),
        ("workers", workers, 1),
    ):
        if value < least:
            raise ConfigError(f"Expected `{name}` to be at least {least}, got {value}.")


def _refuse_other_parameters(out: Path, parameters: dict[str, Any]) -> None:
    for name in (RECORD, UNFINISHED):
        path = out / name
        if not path.is_file():
            continue
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ConfigError(f"`{path}` is not a JSON file ({error}). Delete `{out}`.") from error
        if found != parameters:
            differing = [key for key in parameters if found.get(key) != parameters[key]]
            raise ConfigError(
                f"`{out}` has toy cities that were made with other parameters "
                f"({', '.join(differing)} differ, see `{path}`). Choose another folder or delete "
                "this one."
            )
