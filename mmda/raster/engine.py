"""The tiling engine: plan from headers, tile in threads, record, resume."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mmda.errors import DataError
from mmda.raster.handles import quiet_georeference
from mmda.raster.manifest import DATASET_INFO, FORMAT, MANIFEST, write_manifest
from mmda.raster.options import TileOptions, make_palette
from mmda.raster.plan import Plan, ScenePlan, plan_tiles
from mmda.raster.scene import SPLITS, Scene
from mmda.raster.stats import BandStatistics
from mmda.raster.store import Record, SceneStore
from mmda.raster.tiles import SceneTiler, StripResult
from mmda.utils.files import atomic_write_text, ensure_free_space


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
) -> dict[str, Any]:
    """Cut scenes into a tiled dataset: images, labels, manifest and ``dataset.json``.

    Finished scenes are skipped and an interrupted run goes on where it was, with the same
    result. Scenes of earlier runs into the same folder stay in the dataset. The statistics are
    those of the valid pixels of the split ``train`` (of all splits when there is none).

    Args:
        scenes: What to tile.
        out: Folder of the tiled dataset; one run at a time.
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

    Returns:
        The content of ``dataset.json``.

    Raises:
        DataError: For input that does not fit (before anything is written), and, after all
            others are converted, for scenes that turned out to be damaged.
        ConfigError: For impossible options, or a folder made with other options.
    """
    options = TileOptions(task, domain, tuple(classes), tile, stride, gsd, format, min_valid, edge)
    colors = make_palette(palette, options.classes)
    root = Path(out)
    store = SceneStore(root)
    with quiet_georeference():
        plan = plan_tiles(scenes, options, workers)
        header = plan.scenes[0].header
        fixed = {**options.to_json(), "bands": len(header.bands), "dtype": header.dtype}
        if not overwrite:
            store.check(fixed)
        todo = [p for p in plan.scenes if overwrite or not store.is_done(p.scene)]
        ensure_free_space(root, sum(p.tile_bytes(options.format) for p in todo))
        store.prepare(fixed, overwrite)
        failures = [*plan.damaged, *_execute(todo, options, store, workers, progress)]
    if len(failures) == len(scenes):
        raise DataError(_failure_message(failures, plan, root))
    info = _finish(store, fixed, colors, changed=bool(todo))
    if failures:
        raise DataError(_failure_message(failures, plan, root))
    return info


def _execute(
    todo: Sequence[ScenePlan], options: TileOptions, store: SceneStore, workers: int, progress: bool
) -> list[str]:
    """Tile the scenes, record each when it is finished, and return what went wrong."""
    if not todo:
        return []
    # Their presence tells that a dataset is complete.
    for name in (DATASET_INFO, MANIFEST):
        (store.root / name).unlink(missing_ok=True)
    works = [_SceneWork(SceneTiler(plan, options, store.root), store) for plan in todo]
    total = sum(len(plan.windows) for plan in todo)
    executor = ThreadPoolExecutor(workers)
    bar = tqdm(total=total, unit="tile", desc="tiling", disable=not progress)
    try:
        futures = {}
        for work in works:
            for index in range(len(work.strips)):
                futures[executor.submit(work.run, index)] = (work, index)
            if not work.strips:
                work.finish()
        for future in as_completed(futures):
            work, index = futures[future]
            work.collect(index, future)
            bar.update(len(work.strips[index]))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        bar.close()
        for work in works:
            work.close()
    return [work.failure for work in works if work.failure is not None]


class _SceneWork:
    """The strips of one scene on their way through the threads."""

    def __init__(self, tiler: SceneTiler, store: SceneStore) -> None:
        self.strips = tiler.plan.strips()
        self.failure: str | None = None
        self._tiler = tiler
        self._store = store
        self._results: dict[int, StripResult] = {}
        self._outstanding = len(self.strips)
        store.forget(tiler.plan.scene.name)

    def run(self, index: int) -> StripResult | None:
        """Tile one strip, in a thread; nothing more is done for a scene that has failed."""
        return None if self.failure else self._tiler.tile_strip(self.strips[index])

    def collect(self, index: int, future: Future[StripResult | None]) -> None:
        """Take a strip's result, in the main thread; the last one finishes the scene."""
        try:
            result = future.result()
        except DataError as error:
            result, self.failure = None, self.failure or str(error)
        if result is not None:
            self._results[index] = result
        self._outstanding -= 1
        if self._outstanding == 0:
            self.close()
            self.discard() if self.failure else self.finish()

    def finish(self) -> None:
        """Record the scene; strips are merged in their order, not in that of the threads."""
        scene = self._tiler.plan.scene
        statistics = BandStatistics.empty(len(self._tiler.plan.header.bands))
        for index in sorted(self._results):
            statistics.merge(self._results[index].statistics)
        record = {
            "key": scene.fingerprint(),
            "split": scene.split,
            "dropped": sum(result.dropped for result in self._results.values()),
            "statistics": statistics.to_json(),
            "rows": [row for index in sorted(self._results) for row in self._results[index].rows],
        }
        self._store.write(scene.name, record)
        self._results.clear()

    def close(self) -> None:
        """Close the scene's files; no strip may be in work."""
        self._tiler.close()

    def discard(self) -> None:
        """Remove the tiles of a damaged scene."""
        rows = [row for result in self._results.values() for row in result.rows]
        self._store.remove_tiles(rows)


def _finish(
    store: SceneStore, fixed: dict[str, Any], palette: list[list[int]], changed: bool
) -> dict[str, Any]:
    """Write manifest and ``dataset.json`` from the records of all scenes."""
    records = store.records()
    rows = [row for record in records for row in record["rows"]]
    if not rows:
        raise DataError(
            f"No tile was left for `{store.root}`: all have less valid area than "
            f"min_valid = {fixed['min_valid']}, or the rasters are smaller than a tile "
            f"(edge = {fixed['edge']}). Lower min_valid, or use another tile size or edge rule."
        )
    info = _dataset_info(records, rows, fixed, palette)
    path = store.root / DATASET_INFO
    if changed or not path.exists():
        write_manifest(store.root, rows)
    text = json.dumps(info, indent=1)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        atomic_write_text(path, text)
    return info


def _dataset_info(
    records: Iterable[Record],
    rows: Sequence[Record],
    fixed: dict[str, Any],
    palette: list[list[int]],
) -> dict[str, Any]:
    records = list(records)
    splits = {s: sum(row["split"] == s for row in rows) for s in SPLITS}
    used = [r for r in records if r["split"] == "train" or not splits["train"]]
    statistics = BandStatistics.empty(fixed["bands"])
    for record in used:
        statistics.merge(BandStatistics.from_json(record["statistics"]))
    labelled = [row for row in rows if row["class_pixels"] is not None]
    gsds = {row["gsd"] for row in rows}
    return {
        "format": FORMAT,
        "task": fixed["task"],
        "domain": fixed["domain"],
        "classes": fixed["classes"],
        "palette": palette,
        "bands": fixed["bands"],
        "dtype": fixed["dtype"],
        "tile": fixed["tile"],
        "stride": fixed["stride"] or fixed["tile"],
        "gsd": fixed["gsd"] or (gsds.pop() if len(gsds) == 1 else None),
        "labelled": bool(labelled),
        "labelled_splits": [s for s in SPLITS if any(row["split"] == s for row in labelled)],
        "statistics": {"mean": statistics.mean.tolist(), "std": statistics.std.tolist()},
        "splits": {split: count for split, count in splits.items() if count},
        "scenes": len(records),
        "dropped_tiles": sum(record["dropped"] for record in records),
        "class_pixels": _pixels_per_split(labelled) or None,
        "options": fixed,
    }


def _pixels_per_split(labelled: Sequence[Record]) -> dict[str, list[int]]:
    sums: dict[str, list[int]] = {}
    for split in SPLITS:
        counts = [row["class_pixels"] for row in labelled if row["split"] == split]
        if counts:
            sums[split] = [sum(column) for column in zip(*counts, strict=True)]
    return sums


def _failure_message(failures: Sequence[str], plan: Plan, root: Path) -> str:
    total = len(plan.scenes) + len(plan.damaged)
    listed = "\n".join(f"- {failure}" for failure in failures[:5])
    more = f"\n- and {len(failures) - 5} more" if len(failures) > 5 else ""
    return (
        f"{len(failures)} of {total} scenes could not be converted:\n{listed}{more}\n"
        f"The others are in `{root}`. Mend these and run the same command again."
    )
