"""The tiling engine: plan from headers, tile in threads, record, resume."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mmda.errors import ConfigError, DataError
from mmda.raster.io.handles import gdal_process, quiet_georeference
from mmda.raster.scene import Scene
from mmda.raster.tiling.cluster import run_cluster
from mmda.raster.tiling.finish import finish_dataset
from mmda.raster.tiling.folder import check_output
from mmda.raster.tiling.options import TileOptions, make_palette
from mmda.raster.tiling.plan import Plan, ScenePlan, plan_tiles
from mmda.raster.tiling.run_lock import hold_folder
from mmda.raster.tiling.shard import Shard, parse_shard
from mmda.raster.tiling.store import SceneStore
from mmda.raster.tiling.threads import run_threads
from mmda.utils.files import ensure_free_space


class DamagedScenesError(DataError):
    """Some scenes could not be converted, while all others were.

    Attributes:
        info: What :func:`tile_dataset` returns when no scene is damaged.
    """

    exit_code = 1

    def __init__(self, message: str, info: dict[str, Any]) -> None:
        super().__init__(message)
        self.info = info


def tile_dataset(
    scenes: Sequence[Scene],
    out: str | Path,
    *,
    task: str,
    domain: str,
    classes: Sequence[str],
    palette: Sequence[Sequence[int]] | None = None,
    tile: int | None = 512,
    stride: int | None = None,
    gsd: float | None = None,
    format: str = "tif",
    min_valid: float = 0.5,
    edge: str = "shift",
    workers: int = 2,
    overwrite: bool = False,
    progress: bool = True,
    shard: str | None = None,
    scheduler: str | None = None,
) -> dict[str, Any]:
    """Cut scenes into a tiled dataset: images, labels, manifest and ``dataset.json``.

    Finished scenes are skipped and an interrupted run goes on where it was, with the same
    result. Scenes of earlier runs into the same folder stay in the dataset. The statistics are
    those of the valid pixels of the split ``train`` (of all splits when there is none).

    Args:
        scenes: What to tile.
        out: Folder of the tiled dataset; one run at a time, but for shards: a second one is
            refused at once, see :func:`mmda.raster.tiling.run_lock.hold_folder`.
        task: Name of the task, e.g. ``buildings``.
        domain: Name of the domain, e.g. ``source``.
        classes: Names of the classes, id 0 first.
        palette: One ``(r, g, b)`` per class, 0..255; a default one when ``None``.
        tile: Tile size in pixels; ``None`` keeps whole rasters.
        stride: Step between tiles in pixels, 1..``tile``; ``tile`` by default.
        gsd: Target metres per pixel; each raster's own by default.
        format: Image format: ``tif`` (georeferenced, fastest), ``png``, ``jpg`` (lossy), or
            ``none``: no tiles, only the manifest of their windows.
        min_valid: Smallest share of valid pixels of a tile inside the raster, 0..1.
        edge: ``shift``, ``pad`` or ``drop``, see :func:`mmda.raster.windows.axis_starts`.
        workers: Number of threads.
        overwrite: Remove the tiled dataset that is in ``out`` first.
        progress: Show a progress bar on stderr.
        shard: ``I/N``, 1..N: tile only this share of the scenes, by a stable hash of their names.
            The shards of a run may work at the same time, on machines that share the disk; the
            one that is ready last completes the dataset, which is the same as without shards.
        scheduler: Address of a Dask scheduler that tiles the scenes instead of threads.

    Returns:
        The content of ``dataset.json``; for a shard that is ready before others,
        ``{"pending_scenes": number of scenes that are not}``.

    Raises:
        DataError: For input that does not fit, or lies where the tiles go, and for a folder that
            another run is writing into (before anything is written).
        ConfigError: For impossible options, a folder made with other options, or scenes that it
            holds in another split or by another name.
        DamagedScenesError: After all others are converted, for scenes that are damaged.
    """
    options = TileOptions(task, domain, tuple(classes), tile, stride, gsd, format, min_valid, edge)
    colors = make_palette(palette, options.classes)
    share = check_shard(shard, overwrite)
    store = SceneStore(check_output(out, scenes))
    with hold_folder(store.root, share) as alone:
        if not overwrite:
            store.check_scenes(scenes)
        with quiet_georeference(), gdal_process():
            plan = plan_tiles(scenes, options, workers, share)
            for text in plan.warnings:
                warnings.warn(text, stacklevel=2)
            with alone():
                todo, changed = _prepare(plan, options, store, overwrite, share is not None)
            for scene, message in plan.damaged:
                store.write_failure(scene, message)
            failures = _execute(todo, options, store, workers, progress, scheduler)
        failures = [*(message for _, message in plan.damaged), *failures]
        with alone():
            return _complete(scenes, plan, failures, store, colors, changed, share is not None)


def check_shard(text: str | None, overwrite: bool) -> Shard | None:
    """Read ``I/N``, see :func:`parse_shard`; refuse it with ``overwrite``."""
    if text is not None and overwrite:
        raise ConfigError(
            "--overwrite with --shard would remove the tiles of the other shards: remove the "
            "folder, then start the shards."
        )
    return None if text is None else parse_shard(text)


def _names(plan: Plan) -> set[str]:
    return {p.scene.name for p in plan.scenes} | {scene.name for scene, _ in plan.damaged}


def _prepare(
    plan: Plan, options: TileOptions, store: SceneStore, overwrite: bool, sharded: bool
) -> tuple[list[ScenePlan], bool]:
    """Make the folder ready, with nothing left of scenes that are to be tiled or damaged.

    Args:
        plan: What to do.
        options: The options of the run.
        store: The folder.
        overwrite: Remove what is there.
        sharded: Whether other processes may be writing other scenes.

    Returns:
        The scenes that are left to do, and whether the dataset changes.
    """
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


def _execute(
    todo: Sequence[ScenePlan],
    options: TileOptions,
    store: SceneStore,
    workers: int,
    progress: bool,
    scheduler: str | None,
) -> list[str]:
    """Tile the scenes, record each when it is finished, and return what went wrong."""
    if not todo:
        return []
    total = sum(len(plan.windows) for plan in todo)
    with tqdm(total=total, unit="tile", desc="tiling", disable=not progress) as bar:
        if scheduler is None:
            return run_threads(todo, options, store, workers, bar)
        failures = run_cluster(todo, options, store.root, scheduler, bar)
    store.remove_leftovers({plan.scene.name for plan in todo})
    return failures


def _complete(
    scenes: Sequence[Scene],
    plan: Plan,
    failures: Sequence[str],
    store: SceneStore,
    palette: list[list[int]],
    changed: bool,
    sharded: bool,
) -> dict[str, Any]:
    """Complete the dataset, unless scenes of other shards are pending.

    Returns:
        What :func:`tile_dataset` returns.
    """
    if sharded:
        pending = store.pending(scenes)
        if pending:
            info: dict[str, Any] = {"pending_scenes": len(pending)}
            _raise_failures(failures, len(plan.scenes) + len(plan.damaged), store, info)
            return info
        failures = store.failures(scenes)
    if failures and not store.records():
        _raise_failures(failures, len(scenes), store, {})
    info = finish_dataset(store, palette, changed=changed)
    _raise_failures(failures, len(scenes), store, info)
    return info


def _raise_failures(
    failures: Sequence[str], total: int, store: SceneStore, info: dict[str, Any]
) -> None:
    """Raise the error that names the scenes that could not be converted, if there are any."""
    if not failures:
        return
    listed = "\n".join(f"- {failure}" for failure in failures[:5])
    more = f"\n- and {len(failures) - 5} more" if len(failures) > 5 else ""
    message = f"{len(failures)} of {total} scenes could not be converted:\n{listed}{more}\n"
    if len(failures) == total:
        raise DataError(f"{message}Mend them and run the same command again.")
    raise DamagedScenesError(
        f"{message}The others are in `{store.root}`. Mend these and run the same command again.",
        info,
    )
