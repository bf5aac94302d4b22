"""The same command again mends what was lost, cut or damaged since."""

import dataclasses
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import raster_samples
from forks import in_fork
from raster_samples import make_scenes, noise, snapshot, tile, write

import mmda.raster.tiling.tiles as tiles
from mmda.errors import DataError
from mmda.raster import Scene, read_dataset_info, read_manifest
from mmda.raster.dataset.verify import verify_dataset
from mmda.raster.tiling.run import DamagedScenesError
from mmda.utils.shards import Shard


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def scribble(path):
    path.write_bytes(b"\xff\xfe no such thing")


def cut_inside(path):
    """Damage a part that the footer of a parquet file does not cover."""
    data = bytearray(path.read_bytes())
    data[20:120] = bytes(100)
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [os.unlink, cut, scribble, cut_inside])
@pytest.mark.parametrize("name", ["manifest.parquet", "dataset.json", ".scenes/s1.scene.json"])
def test_lost_and_cut_records_are_mended(tmp_path, name, damage):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o")
    before = snapshot(tmp_path / "o")
    damage(tmp_path / "o" / name)
    tile(scenes, tmp_path / "o")
    assert snapshot(tmp_path / "o") == before


def test_a_scene_that_has_become_unreadable_leaves_the_dataset(tmp_path):
    scenes = make_scenes(tmp_path, count=3)
    tile(scenes, tmp_path / "o")
    content = Path(scenes[1].image).read_bytes()
    Path(scenes[1].image).write_bytes(b"")
    for _ in range(2):
        with pytest.raises(DamagedScenesError, match=r"1 of 3 scenes(.|\n)*s1\.tif"):
            tile(scenes, tmp_path / "o")
        assert {row["scene"] for row in read_manifest(tmp_path / "o")} == {"s0", "s2"}
        assert read_dataset_info(tmp_path / "o")["scenes"] == 2
        assert verify_dataset(tmp_path / "o", progress=False).problems == []
    Path(scenes[1].image).write_bytes(content)
    tile(scenes, tmp_path / "o")
    tile(scenes, tmp_path / "straight")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "straight")


@pytest.mark.parametrize("sharded", [False, True])
def test_the_only_scene_of_a_shard_has_become_unreadable(tmp_path, sharded):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o")
    count = next(n for n in range(2, 40) if owners(scenes, n)[0] != owners(scenes, n)[1])
    Path(scenes[1].image).write_bytes(b"")
    shard = f"{owners(scenes, count)[1]}/{count}" if sharded else None
    with pytest.raises(DataError, match=r"s1\.tif"):
        tile(scenes, tmp_path / "o", shard=shard)
    assert {row["scene"] for row in read_manifest(tmp_path / "o")} == {"s0"}


def owners(scenes, count):
    return [next(i for i in range(1, count + 1) if Shard(i, count).owns(s.name)) for s in scenes]


def half_done(scenes, root):
    """Be killed at the fifth file of the second scene."""
    real, seen = tiles.write_tile, []

    def deadly(path, *args):
        seen.append(path)
        if len([p for p in seen if "s1" in p.name]) == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(path, *args)

    tiles.write_tile = deadly
    tile(scenes, root, workers=1)


@pytest.mark.parametrize("size", [0, 20000])
def test_a_kill_and_then_damage_leave_no_orphans(tmp_path, size):
    scenes = make_scenes(tmp_path)
    assert in_fork(half_done, scenes, tmp_path / "o") == -signal.SIGKILL
    assert list((tmp_path / "o/val/images").glob("s1_*"))
    os.truncate(scenes[1].image, size)
    # Damaged, and of another split.
    with pytest.raises(DamagedScenesError, match=r"s1\.tif"):
        tile([scenes[0], dataclasses.replace(scenes[1], split="test")], tmp_path / "o")
    assert not list((tmp_path / "o").glob("*/*/s1_*"))
    assert verify_dataset(tmp_path / "o", progress=False).problems == []


@pytest.mark.parametrize(
    "place", ["mmda.raster.tiling.tiles.class_pixels", "mmda.raster.tiling.plan.make_grid"]
)
def test_an_unexpected_error_costs_one_scene(tmp_path, monkeypatch, place):
    scenes = make_scenes(tmp_path, count=3)
    bad = raster_samples.read_image(scenes[1].label.path)[0]
    module, name = place.rsplit(".", 1)
    real = getattr(sys.modules[module], name)

    def fragile(first, *rest):
        if first is scenes[1] or (isinstance(first, np.ndarray) and (first == bad).all()):
            raise ZeroDivisionError("odd")
        return real(first, *rest)

    monkeypatch.setattr(place, fragile)
    with pytest.raises(DamagedScenesError, match=r"s1\.tif`: ZeroDivisionError: odd in test_ras"):
        tile(scenes, tmp_path / "o", tile=None)
    assert {row["scene"] for row in read_manifest(tmp_path / "o")} == {"s0", "s2"}
    assert not list((tmp_path / "o").glob("*/*/s1_*"))


def test_a_crs_that_lies_nowhere_has_an_empty_footprint(tmp_path):
    import geopandas

    local = 'LOCAL_CS["site",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
    path = write(tmp_path / "l.tif", noise(3, 64, 64), crs=local)
    known = write(tmp_path / "k.tif", noise(3, 64, 64))
    tile([Scene("k", str(known)), Scene("l", str(path))], tmp_path / "o")
    frame = geopandas.read_parquet(tmp_path / "o/manifest.parquet")
    assert frame.geometry.is_empty.tolist() == [False, True]
    assert read_manifest(tmp_path / "o")[1]["crs"].startswith("LOCAL_CS")
