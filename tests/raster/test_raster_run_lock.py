"""Runs that start while another one holds the folder, in processes of their own."""

import errno
import fcntl
import json
import os
import signal
import time
import warnings
from contextlib import contextmanager

import pytest
from forks import CONTEXT, fork, in_fork
from raster_samples import make_scenes, scenes_of, snapshot, tile, tiled

import mmda.raster.tiling.tiles as tiles
from mmda.errors import DataError
from mmda.raster.dataset.verify import verify_dataset
from mmda.raster.tiling.run_lock import hold_folder
from mmda.utils.locks import locked
from mmda.utils.shards import Shard


def hold(folder, shard, here):
    """Stop before the second tile until a word arrives; then go on to the end."""
    real, seen = tiles.write_tile, []

    def slow(path, *args):
        seen.append(path)
        if len(seen) == 2:
            here.send("holding")
            here.recv()
        return real(path, *args)

    tiles.write_tile = slow
    tile(scenes_of(folder, 6), folder / "o", workers=1, shard=shard or None)


@contextmanager
def holder(folder, shard=""):
    """A run in a process of its own that stands still within its first scene."""
    there, here = CONTEXT.Pipe()
    process = fork(hold, folder, shard, here)
    here.close()
    try:
        assert there.recv() == "holding"
        yield process, there
    finally:
        process.kill()
        process.join()


def let_go(process, there):
    """Let the run go on, and wait for its end."""
    there.send("go")
    process.join()
    assert process.exitcode == 0


def locks(folder):
    return sorted(path.name for path in folder.glob(".*.lock"))


@pytest.mark.parametrize(
    "options", [{}, {"overwrite": True}, {"shard": "1/3"}], ids=["same", "overwrite", "shard"]
)
def test_a_second_run_is_refused_and_spoils_nothing(tmp_path, options):
    scenes = make_scenes(tmp_path, count=6)
    with holder(tmp_path) as (process, there):
        before = snapshot(tmp_path / "o")
        with pytest.raises(DataError, match="is taken: another run") as caught:
            tile(scenes, tmp_path / "o", **options)
        assert snapshot(tmp_path / "o") == before
        state = json.loads((tmp_path / "o/.run.json").read_text())
        for part in (tmp_path / "o", f"process {process.pid} on", state["host"], state["since"]):
            assert str(part) in str(caught.value)
        let_go(process, there)
    assert locks(tmp_path / "o") == []
    tile(scenes, tmp_path / "straight")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "straight")
    assert verify_dataset(tmp_path / "o", progress=False).problems == []


def test_shards_exclude_all_but_the_others_of_their_run(tmp_path):
    scenes = make_scenes(tmp_path, count=6)
    with holder(tmp_path, "1/3") as (process, there):
        for shard in (None, "1/3", "1/2", "2/2"):
            with pytest.raises(DataError, match="shard 1/3 of a run is writing"):
                tile(scenes, tmp_path / "o", shard=shard)
        assert tiled(scenes, tmp_path / "o", shard="2/3").pending_scenes
        assert tiled(scenes, tmp_path / "o", shard="3/3").pending_scenes
        assert locks(tmp_path / "o") == [".run-1-of-3.lock"]
        let_go(process, there)
    tile(scenes, tmp_path / "straight")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "straight")


@pytest.mark.parametrize("shard", ["", "2/3"])
def test_a_killed_run_blocks_nobody(tmp_path, shard):
    scenes = make_scenes(tmp_path, count=6)
    with holder(tmp_path, shard) as (process, _):
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    assert len(locks(tmp_path / "o")) == 1
    tile(scenes, tmp_path / "o")
    tile(scenes, tmp_path / "straight")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "straight")


def die_at_the_gate(root):
    with locked(root / ".gate.lock", wait=True):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_kill_at_the_gate_blocks_nobody(tmp_path):
    root = tmp_path / "o"
    assert in_fork(die_at_the_gate, root) == -signal.SIGKILL
    assert locks(root) == [".gate.lock"]
    with hold_folder(root):
        assert locks(root) == [".run.lock"]
    assert locks(root) == []


def crowd(root):
    """Take the lock again and again; holding it, find no sign of another."""
    taken, end = 0, time.monotonic() + 0.4
    while taken < 5 or time.monotonic() < end:
        try:
            with hold_folder(root / "o"):
                os.close(os.open(root / "sign", os.O_CREAT | os.O_EXCL))
                taken += 1
                os.unlink(root / "sign")
        except DataError:
            pass


def test_of_a_crowd_one_holds_the_lock_at_a_time(tmp_path):
    processes = [fork(crowd, tmp_path) for _ in range(4)]
    try:
        for process in processes:
            process.join(60)
    finally:
        for process in processes:
            process.kill()
    assert [process.exitcode for process in processes] == [0] * 4
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_run_that_makes_nothing_leaves_no_folder(tmp_path):
    with hold_folder(tmp_path / "a/b/c"):
        assert locks(tmp_path / "a/b/c") == [".run.lock"]
    assert list(tmp_path.iterdir()) == []


def test_threads_of_one_process_exclude_each_other_too(tmp_path):
    with hold_folder(tmp_path), pytest.raises(DataError, match=f"process {os.getpid()} on"):
        hold_folder(tmp_path).__enter__()
    with hold_folder(tmp_path, Shard(1, 2)), hold_folder(tmp_path, Shard(2, 2)) as alone, alone():
        assert locks(tmp_path) == [".gate.lock", ".run-1-of-2.lock", ".run-2-of-2.lock"]
    assert locks(tmp_path) == []


def test_without_locks_a_run_is_warned_and_makes_the_same(tmp_path, monkeypatch):
    def missing(*_):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    scenes = make_scenes(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", missing)
        with pytest.warns(UserWarning, match=r"Cannot lock `.*o` \("):
            tile(scenes, tmp_path / "o", shard="1/1")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        tile(scenes, tmp_path / "straight", shard="1/1")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "straight")
