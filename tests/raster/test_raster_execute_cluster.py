"""Tiling on a Dask cluster, with workers that die on the way."""

import os
import signal
import sys
import threading
import time
from concurrent.futures import Future

import pytest
from raster_samples import make_scenes, snapshot, tile

import mmda.cli
from mmda.errors import ConfigError, DataError
from mmda.raster import read_dataset_info
from mmda.raster.tiling.cluster import _outcome
from mmda.raster.tiling.store import SceneStore

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster():
    # By default the client waits half a minute for the results that a dead worker held.
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
    ):
        yield cluster


def workers(cluster):
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def kill_once_begun(folder, pid, killed):
    """Kill a worker as soon as the cluster has finished two scenes."""
    while len(list(folder.glob("*.scene.json"))) < 2:
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    killed.append(len(list(folder.glob("*.scene.json"))))


def test_a_killed_worker_changes_nothing(tmp_path, cluster):
    scenes = make_scenes(tmp_path, count=12, height=500, width=500)
    pids, killed = workers(cluster), []
    assert len(pids) == 2
    arguments = (tmp_path / "o/.scenes", pids[0], killed)
    killer = threading.Thread(target=kill_once_begun, args=arguments, daemon=True)
    killer.start()
    info = tile(scenes, tmp_path / "o", scheduler=cluster.scheduler_address)
    killer.join()
    assert killed[0] < 12
    assert info == read_dataset_info(tmp_path / "o")
    tile(scenes, tmp_path / "threads")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "threads")


def test_a_damaged_scene_is_named(tmp_path, cluster):
    scenes = make_scenes(tmp_path, count=3)
    os.truncate(scenes[1].image, 20000)
    with pytest.raises(DataError, match=r"1 of 3 scenes(.|\n)*s1\.tif"):
        tile(scenes, tmp_path / "o", scheduler=cluster.scheduler_address)
    assert read_dataset_info(tmp_path / "o")["splits"] == {"train": 6, "val": 6}


def test_a_scene_that_kills_its_workers_counts_as_failed(tmp_path):
    scene = make_scenes(tmp_path, count=1)[0]
    future = Future()
    future.set_exception(distributed.KilledWorker("task", "worker", 3))
    outcome = _outcome(future, scene, SceneStore(tmp_path / "o"))
    assert f"Cannot tile `{scene.image}`: one worker after" in outcome.failure
    store = SceneStore(tmp_path / "o")
    assert store.failures([scene]) == [outcome.failure]
    assert store.pending([scene]) == []


def test_no_scheduler(tmp_path):
    with pytest.raises(ConfigError, match="No Dask scheduler answers at `not-an-address"):
        tile(make_scenes(tmp_path), tmp_path / "o", scheduler="not-an-address:x")


def test_dask_is_missing(tmp_path, monkeypatch, capsys):
    make_scenes(tmp_path, count=1)
    monkeypatch.setitem(sys.modules, "distributed", None)
    arguments = ["tile", "geotiff", str(tmp_path / "s0.tif"), str(tmp_path / "o"), "--task", "t"]
    arguments += ["--classes", "a", "b", "--domain", "d", "--scheduler", "tcp://127.0.0.1:1"]
    assert mmda.cli.main(arguments) == 2
    assert "pip install 'mmda-rs[dask]'" in capsys.readouterr().err
