"""Executing a plan on a Dask cluster, whose machines share the disk with this one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, as_completed

from tqdm import tqdm

from mmda.raster.scene import Scene
from mmda.raster.tiling.options import TileOptions
from mmda.raster.tiling.plan import ScenePlan
from mmda.raster.tiling.store import SceneStore
from mmda.raster.tiling.threads import Outcome, tile_scene
from mmda.utils.cluster import connected, killed_its_workers


def run_cluster(
    todo: Sequence[ScenePlan], options: TileOptions, store: SceneStore, address: str, bar: tqdm
) -> list[str]:
    """Tile the scenes as tasks of a Dask cluster; return what went wrong.

    The scenes of a worker that dies are given to others.

    Args:
        todo: The scenes.
        options: The options of the run.
        store: Folder of the tiled dataset; all workers see it under its path, as they see the
            rasters.
        address: Address of the scheduler, ``tcp://HOST:PORT``, or its scheduler file (``.json``).
        bar: Progress in tiles.

    Raises:
        ConfigError: When Dask is not installed, or no scheduler answers.
    """
    root = store.root.absolute()
    plans: dict[Future[Outcome], ScenePlan] = {}
    failures: list[str] = []
    with connected(address) as client:
        executor = client.get_executor(pure=False)
        for plan in todo:
            plans[executor.submit(tile_scene, plan, options, root)] = plan
        for future in as_completed(plans):
            outcome = _outcome(future, plans[future].scene, store)
            bar.update(outcome.windows)
            if outcome.failure is not None:
                failures.append(outcome.failure)
    store.remove_leftovers({plan.scene.name for plan in todo})
    return failures


def _outcome(future: Future[Outcome], scene: Scene, store: SceneStore) -> Outcome:
    """Return a task's outcome; one that took its workers down with it counts as failed."""
    error = future.exception()
    if error is None:
        return future.result()
    if not killed_its_workers(error):
        raise error
    failure = f"Cannot tile `{scene.image}`: one worker after the other died. Is memory short?"
    store.write_failure(scene, failure)
    return Outcome(0, failure)
