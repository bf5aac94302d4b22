"""The tiling engine: plan from headers, tile in threads, record, resume."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mmda.raster.io.handles import gdal_process, quiet_georeference
from mmda.raster.scene import Scene
from mmda.raster.tiling.cluster import run_cluster
from mmda.raster.tiling.finish import finish_dataset
from mmda.raster.tiling.folder import check_output
from mmda.raster.tiling.options import RunOptions, TileOptions
from mmda.raster.tiling.plan import Plan, ScenePlan, plan_tiles
from mmda.raster.tiling.result import DamagedScenesError, TileResult, damage
from mmda.raster.tiling.run_lock import hold_folder
from mmda.raster.tiling.store import SceneStore
from mmda.raster.tiling.threads import run_threads
from mmda.utils.files import atomic_write_text, ensure_free_space

CONVERSION = "conversion.json"
DEFAULT = RunOptions()


@dataclass(frozen=True)
class _Job:
    """What :func:`tile_dataset` was asked for, and the folder's store."""

    scenes: Sequence[Scene]
    store: SceneStore
    options: TileOptions
    run: RunOptions
    conversion: Mapping[str, Any] | None


def tile_dataset(
    scenes: Sequence[Scene],
    out: str | Path,
    options: TileOptions,
    run: RunOptions = DEFAULT,
    conversion: Mapping[str, Any] | None = None,
) -> TileResult:
    """Cut scenes into a tiled dataset: images, labels, manifest and ``dataset.json``.

    Finished scenes are skipped and an interrupted run goes on where it was, with the same
    result. Scenes of earlier runs into the same folder stay in the dataset. The statistics are
    those of the valid pixels of the split ``train`` (of all splits when there is none).

    Args:
        scenes: What to tile.
        out: Folder of the tiled dataset; one run at a time, but for shards: a second one is
            refused at once, see :func:`mmda.raster.tiling.run_lock.hold_folder`.
        options: What the dataset is to be.
        run: How it is made.
        conversion: What a converter says of the dataset, ``notes`` among it, to be kept in
            ``conversion.json``.

    Returns:
        The dataset.

    Raises:
        DataError: For input that does not fit, or lies where the tiles go, and for a folder that
            another run is writing into (before anything is written).
        ConfigError: For a folder made with other options, or scenes that it holds in another split
            or by another name.
        DamagedScenesError: After all others are converted, for scenes that are damaged.

    Example:
        >>> from mmda import RasterLabels, Scene, TileOptions, tile_dataset
        >>> scenes = [Scene("city", "scene.tif", "train", RasterLabels("mask.tif"))]
        >>> options = TileOptions("buildings", "source", ("background", "building"), tile=64)
        >>> tile_dataset(scenes, "tiles", options).tiles
        {'train': 4}
    """
    store = SceneStore(check_output(out, scenes))
    job = _Job(scenes, store, options, run, conversion)
    with hold_folder(store.root, run.share()) as alone:
        if not run.overwrite:
            store.check_scenes(scenes)
        with quiet_georeference(), gdal_process():
            plan = plan_tiles(scenes, options, run.workers, run.share())
            for text in plan.warnings:
                warnings.warn(text, stacklevel=2)
            with alone():
                todo, changed = _prepare(job, plan)
            for scene, message in plan.damaged:
                store.write_failure(scene, message)
            with _progress_bar(todo, run) as bar:
                if run.scheduler is None or not todo:
                    failures = run_threads(todo, options, store, run.workers, bar)
                else:
                    failures = run_cluster(todo, options, store, run.scheduler, bar)
        failures = [*(message for _, message in plan.damaged), *failures]
        with alone():
            return _complete(job, plan, failures, changed)


def _progress_bar(todo: Sequence[ScenePlan], run: RunOptions) -> tqdm:
    total = sum(len(plan.windows) for plan in todo)
    return tqdm(total=total, unit="tile", desc="tiling", disable=not (run.progress and todo))


def _names(plan: Plan) -> set[str]:
    return {p.scene.name for p in plan.scenes} | {scene.name for scene, _ in plan.damaged}


def _prepare(job: _Job, plan: Plan) -> tuple[list[ScenePlan], bool]:
    """Make the folder ready, with nothing left of scenes that are to be tiled or damaged.

    Returns:
        The scenes that are left to do, and whether the dataset changes.
    """
    options, store, overwrite = job.options, job.store, job.run.overwrite
    sharded = job.run.shard is not None  # others may write other scenes
    todo: list[ScenePlan] = []
    if plan.scenes:
        header = plan.scenes[0].header
        fixed = {**options.to_json(), "bands": len(header.bands), "dtype": header.dtype}
        if not overwrite:
            store.check(fixed)
        todo = [p for p in plan.scenes if overwrite or not store.is_done(p.scene)]
        ensure_free_space(store.root, sum(p.tile_bytes(options.format) for p in todo))
        store.prepare(fixed, overwrite, _names(plan) if sharded else None)
    damaged = {scene.name for scene, _ in plan.damaged}
    changed = bool(todo) or any(store.read(name) is not None for name in damaged)
    if changed:
        store.reopen()
    store.forget_all(damaged | {p.scene.name for p in todo})
    return todo, changed


def _complete(job: _Job, plan: Plan, failures: Sequence[str], changed: bool) -> TileResult:
    """Complete the dataset, unless scenes of other shards are pending.

    Returns:
        What :func:`tile_dataset` returns.
    """
    store, sharded = job.store, job.run.shard is not None
    pending = store.pending(job.scenes) if sharded else []
    if sharded and not pending:
        failures = store.failures(job.scenes)
    info: dict[str, Any] = {}
    if not pending and (store.records() or not failures):
        info = finish_dataset(store, job.options.colors(), changed=changed)
    notes = (job.conversion or {}).get("notes", ())
    result = TileResult(store.root, info, notes, len(pending))
    total = len(plan.scenes) + len(plan.damaged) if pending else len(job.scenes)
    error = damage(failures, total, result)
    if job.conversion is not None and (error is None or isinstance(error, DamagedScenesError)):
        atomic_write_text(store.root / CONVERSION, json.dumps(job.conversion, indent=1) + "\n")
    if error is not None:
        raise error
    return result
