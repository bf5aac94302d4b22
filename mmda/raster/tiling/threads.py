"""Executing a plan scene by scene: in threads of this process, or whole scenes anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from mmda.raster.dataset.stats import BandStatistics
from mmda.raster.tiling.failure import why
from mmda.raster.tiling.options import TileOptions
from mmda.raster.tiling.plan import ScenePlan
from mmda.raster.tiling.store import SceneStore
from mmda.raster.tiling.tiles import SceneTiler, StripResult

_AHEAD = 4  # strips handed out per thread, so that none waits for the main thread


class Outcome(NamedTuple):
    """The result of tiling a scene.

    Attributes:
        windows: Number of its windows.
        failure: Why it failed, or ``None``.
    """

    windows: int
    failure: str | None


def run_threads(
    todo: Sequence[ScenePlan], options: TileOptions, store: SceneStore, workers: int, bar: tqdm
) -> list[str]:
    """Tile the scenes in threads, strip by strip; return what went wrong.

    Only a few strips are under way at a time, so memory does not grow with the number of scenes.
    """
    failures: list[str] = []
    running: dict[Future[StripResult | None], tuple[_SceneWork, int]] = {}
    executor = ThreadPoolExecutor(workers)

    def collect() -> None:
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            work, index = running.pop(future)
            work.collect(index, future)
            bar.update(len(work.strips[index]))
            if work.outstanding == 0 and work.failure is not None:
                failures.append(work.failure)

    try:
        for work, index in _strips(todo, options, store):
            running[executor.submit(work.run, index)] = (work, index)
            if len(running) >= workers * _AHEAD:
                collect()
        while running:
            collect()
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        for work, _ in running.values():
            work.close()
    return failures


def tile_scene(plan: ScenePlan, options: TileOptions, root: Path) -> Outcome:
    """Tile one whole scene and record it, unless that is done already.

    A process that is killed on the way leaves nothing half-done: the scene is tiled again.
    """
    store = SceneStore(root)
    windows = len(plan.windows)
    if store.is_done(plan.scene):
        return Outcome(windows, None)
    work = _SceneWork(plan, options, store)
    for index in range(len(work.strips)):
        future: Future[StripResult | None] = Future()
        try:
            future.set_result(work.run(index))
        except Exception as error:
            future.set_exception(error)
        work.collect(index, future)
    return Outcome(windows, work.failure)


def _strips(
    todo: Sequence[ScenePlan], options: TileOptions, store: SceneStore
) -> Iterator[tuple[_SceneWork, int]]:
    for plan in todo:
        work = _SceneWork(plan, options, store)
        for index in range(len(work.strips)):
            yield work, index


class _SceneWork:
    """The strips of one scene on their way."""

    def __init__(self, plan: ScenePlan, options: TileOptions, store: SceneStore) -> None:
        self.strips = plan.strips()
        self.failure: str | None = None
        self.outstanding = len(self.strips)
        self._tiler = SceneTiler(plan, options, store.root)
        self._store = store
        self._results: dict[int, StripResult] = {}
        store.forget(plan.scene.name)
        if not self.strips:
            self._finish()

    def run(self, index: int) -> StripResult | None:
        """Tile one strip; nothing more is done for a scene that has failed."""
        return None if self.failure else self._tiler.tile_strip(self.strips[index])

    def collect(self, index: int, future: Future[StripResult | None]) -> None:
        """Take a strip's result, in one thread; the last one finishes the scene."""
        try:
            result = future.result()
        except Exception as error:
            result, self.failure = None, self.failure or why(error, self._tiler.plan.scene)
        if result is not None:
            self._results[index] = result
        self.outstanding -= 1
        if self.outstanding == 0:
            self.close()
            self._finish() if self.failure is None else self._discard(self.failure)

    def close(self) -> None:
        """Close the scene's files; no strip may be in work."""
        self._tiler.close()

    def _finish(self) -> None:
        """Record the scene; strips are merged in their order, not in that of the threads."""
        scene = self._tiler.plan.scene
        results = [self._results[index] for index in sorted(self._results)]
        bands = len(self._tiler.plan.header.bands)
        statistics = BandStatistics.merged(bands, (result.statistics for result in results))
        record = {
            "split": scene.split,
            "dropped": sum(result.dropped for result in results),
            "statistics": statistics.to_json(),
            "shared": self._tiler.shared_columns(),
            "rows": [row for result in results for row in result.rows],
        }
        self._store.write(scene, record)
        self._results.clear()

    def _discard(self, failure: str) -> None:
        """Remove the tiles of a damaged scene, and record why."""
        self._tiler.remove_tiles()
        self._results.clear()
        self._store.write_failure(self._tiler.plan.scene, failure)
