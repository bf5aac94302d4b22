"""Executing a plan on a Dask cluster, whose machines share the disk with this one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, as_completed
from typing import Any

from tqdm import tqdm

from mmda.errors import ConfigError
from mmda.raster.scene import Scene
from mmda.raster.tiling.options import TileOptions
from mmda.raster.tiling.plan import ScenePlan
from mmda.raster.tiling.store import SceneStore
from mmda.raster.tiling.threads import Outcome, tile_scene
from mmda.utils.installation import install_extra


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
    client = _connect(address)
    root = store.root.absolute()
    plans: dict[Future[Outcome], ScenePlan] = {}
    failures: list[str] = []
    try:
        executor = client.get_executor(pure=False)
        for plan in todo:
            plans[executor.submit(tile_scene, plan, options, root)] = plan
        for future in as_completed(plans):
            outcome = _outcome(future, plans[future].scene, store)
            bar.update(outcome.windows)
            if outcome.failure is not None:
                failures.append(outcome.failure)
    finally:
        client.close()
    store.remove_leftovers({plan.scene.name for plan in todo})
    return failures


def _outcome(future: Future[Outcome], scene: Scene, store: SceneStore) -> Outcome:
    """Return a task's outcome; one that took its workers down with it counts as failed."""
    error = future.exception()
    if error is None:
        return future.result()
    if type(error).__name__ != "KilledWorker":
        raise error
    failure = f"Cannot tile `{scene.image}`: one worker after the other died. Is memory short?"
    store.write_failure(scene, failure)
    return Outcome(0, failure)


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigError(
            f"--scheduler needs Dask, which is not installed: {install_extra('dask')}."
        ) from error
    place = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
    try:
        return Client(**place, timeout=20, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"No Dask scheduler answers at `{address}` ({error}). Start one with `dask scheduler` "
            "and give the address that it prints, such as tcp://10.0.0.1:8786."
        ) from error
