"""Kills and corrupt files leave nothing wrong behind."""

import os
import subprocess
import sys
import textwrap

import pytest
import raster_samples
from raster_samples import make_scenes, noise, snapshot, tile, write

from mmda.cli import main
from mmda.errors import DataError
from mmda.raster import Scene, read_dataset_info, read_manifest

# Forking spares the imports of every run.
KILLER = """
    import itertools, os, random, shutil, signal, sys, threading
    from pathlib import Path
    import geopandas, pyproj
    from raster_samples import snapshot, tile
    from mmda.raster import RasterLabels, Scene

    folder, kills = Path(sys.argv[1]), int(sys.argv[2])
    scenes = [Scene(f"s{i}", f"{folder}/s{i}.tif", "train" if i == 0 else "val",
                    RasterLabels(f"{folder}/m{i}.tif")) for i in range(4)]

    def kill():
        os.kill(os.getpid(), signal.SIGKILL)

    def kill_at(count, moment):
        # Before, after, or at some time after the file of this number gets its name.
        numbers, replace = itertools.count(), os.replace

        def counted(*paths):
            last = next(numbers) == count
            if last and moment == 0:
                kill()
            replace(*paths)
            if last and moment == 1:
                kill()
            elif last:
                threading.Timer(draw.uniform(0, 0.002), kill).start()

        os.replace = counted

    def run(name, files=None, moment=0):
        child = os.fork()
        if child == 0:
            if files is not None:
                kill_at(files, moment)
            tile(scenes, folder / name, tile=32, format=name)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert files is not None or status == 0
        return status != 0

    draw = random.Random(0)
    expected = {}
    for name in ("tif", "png"):
        run(name)
        expected[name] = snapshot(folder / name)
    killed = partial = 0
    for index in range(kills):
        name = ("tif", "png")[index % 2]
        shutil.rmtree(folder / name)
        killed += run(name, draw.randrange(len(expected[name])), draw.randrange(3))
        left = snapshot(folder / name)
        visible = {k: v for k, v in left.items() if not Path(k).name.startswith(".")}
        assert all(expected[name][k] == v for k, v in visible.items()), "half-written"
        partial += 0 < len(visible) < len(expected[name])
        if "dataset.json" in visible:
            assert "manifest.parquet" in visible
        run(name)
        assert snapshot(folder / name) == expected[name]
    print(killed, partial)
"""


@pytest.mark.slow
def test_20_kills_at_random_moments(tmp_path):
    make_scenes(tmp_path, count=4, height=120, width=120)
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(raster_samples.__file__)}
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(KILLER), str(tmp_path), "20"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    killed, partial = map(int, run.stdout.split())
    assert killed >= 15, run.stdout
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
