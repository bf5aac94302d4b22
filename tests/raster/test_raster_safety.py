"""Kills and corrupt files leave nothing wrong behind."""

import itertools
import os
import random
import shutil
import signal
import threading
from pathlib import Path

import pytest
from forks import in_fork
from raster_samples import make_scenes, noise, snapshot, tile, write

from mmda.cli import main
from mmda.errors import DataError
from mmda.raster import Scene, read_dataset_info, read_manifest


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def killed_run(scenes, root, count, moment, delay):
    """Be killed before, after, or some time after the file of this number gets its name."""
    numbers, replace = itertools.count(), os.replace

    def counted(*paths):
        last = next(numbers) == count
        if last and moment == 0:
            kill()
        replace(*paths)
        if last and moment == 1:
            kill()
        elif last:
            threading.Timer(delay, kill).start()

    os.replace = counted
    tile(scenes, root, tile=32, format=root.name)


@pytest.mark.slow
def test_20_kills_at_random_moments(tmp_path):
    scenes, draw = make_scenes(tmp_path, count=3, height=70, width=100), random.Random(0)
    expected = {}
    for name in ("tif", "png"):
        tile(scenes, tmp_path / name, tile=32, format=name)
        expected[name] = snapshot(tmp_path / name)
    killed = partial = 0
    for index in range(20):
        name = ("tif", "png")[index % 2]
        shutil.rmtree(tmp_path / name)
        files, moment = draw.randrange(len(expected[name])), draw.randrange(3)
        arguments = (scenes, tmp_path / name, files, moment, draw.uniform(0, 0.002))
        killed += in_fork(killed_run, *arguments) == -signal.SIGKILL
        left = snapshot(tmp_path / name)
        visible = {k: v for k, v in left.items() if not Path(k).name.startswith(".")}
        assert all(expected[name][k] == v for k, v in visible.items()), "half-written"
        partial += 0 < len(visible) < len(expected[name])
        if "dataset.json" in visible:
            assert "manifest.parquet" in visible
        tile(scenes, tmp_path / name, tile=32, format=name)
        assert snapshot(tmp_path / name) == expected[name]
    assert killed >= 15
    assert partial >= 10


def test_one_corrupt_raster_among_a_hundred(tmp_path, capsys):
    for index in range(100):
        write(tmp_path / f"in/s{index:02d}.tif", noise(3, 40, 40, seed=index))
    os.truncate(tmp_path / "in/s57.tif", 3000)
    arguments = ["tile", "geotiff", str(tmp_path / "in"), str(tmp_path / "o"), "--tile", "40"]
    arguments += ["--task", "t", "--domain", "d", "--classes", "a", "b"]
    assert main(arguments) == 1
    message = capsys.readouterr().err
    assert "1 of 100 scenes could not be converted" in message
    assert f"`{tmp_path}/in/s57.tif`" in message
    names = {row["scene"] for row in read_manifest(tmp_path / "o")}
    assert names == {f"s{index:02d}" for index in range(100)} - {"s57"}
    assert main(["verify", str(tmp_path / "o")]) == 0


def test_damaged_additions_leave_the_dataset_as_it_was(tmp_path):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o")
    before = snapshot(tmp_path / "o")
    bad = write(tmp_path / "bad.tif", noise(3, 100, 130))
    os.truncate(bad, 20000)
    with pytest.raises(DataError, match=r"bad\.tif"):
        tile([Scene("bad", str(bad), "test")], tmp_path / "o")
    assert read_dataset_info(tmp_path / "o")["scenes"] == 2
    after = snapshot(tmp_path / "o")
    assert after.pop(".scenes/bad.failed.json")
    assert after == before


def test_a_disk_that_takes_no_more(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mmda.raster.tiling.encode.atomic_write_bytes", full)
    with pytest.raises(DataError, match=r"No space left on device(.|\n)*is the disk full"):
        tile(make_scenes(tmp_path), tmp_path / "o")
    assert not (tmp_path / "o/dataset.json").exists()
