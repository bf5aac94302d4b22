"""No image gets into two splits of a dataset that later runs extend or make again."""

import dataclasses
import shutil

import pytest
from raster_samples import make_scenes, snapshot, tile

from mmda.cli import main
from mmda.errors import ConfigError
from mmda.raster import read_manifest


def move(scene, split):
    return dataclasses.replace(scene, split=split)


@pytest.mark.parametrize("format", ["tif", "none"])
@pytest.mark.parametrize("shard", [None, "1/1"])
def test_a_scene_in_another_split_is_refused(tmp_path, format, shard):
    scenes = make_scenes(tmp_path, count=3)
    tile(scenes, tmp_path / "o", format=format)
    before = snapshot(tmp_path / "o")
    later = [scenes[0], move(scenes[1], "train"), scenes[2]]
    with pytest.raises(ConfigError, match="1 of the scenes in other splits: `s1` was in val, is n"):
        tile(later, tmp_path / "o", format=format, shard=shard)
    assert snapshot(tmp_path / "o") == before
    tile(later, tmp_path / "o", format=format, overwrite=True)
    tile(later, tmp_path / "straight", format=format)
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "straight")
    assert not list((tmp_path / "o/val").glob("*/s1_*"))


def test_an_image_by_another_name_is_refused(tmp_path):
    scenes = make_scenes(tmp_path, count=2)
    tile(scenes, tmp_path / "o")
    before = snapshot(tmp_path / "o")
    renamed = dataclasses.replace(scenes[1], name="other", split="train")
    with pytest.raises(ConfigError, match=r"s1\.tif` was scene `s1` in val, is now `other` in tra"):
        tile([renamed], tmp_path / "o")
    assert snapshot(tmp_path / "o") == before


def test_another_city_is_recorded_and_nothing_is_left_of_the_first(tmp_path):
    scenes = [dataclasses.replace(s, city="a") for s in make_scenes(tmp_path, count=2)]
    tile(scenes, tmp_path / "o")
    later = [scenes[0], dataclasses.replace(scenes[1], city="b")]
    tile(later[1:], tmp_path / "o")
    assert {(r["scene"], r["city"]) for r in read_manifest(tmp_path / "o")} == {
        ("s0", "a"),
        ("s1", "b"),
    }
    tile(later, tmp_path / "straight")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "straight")


def test_other_split_rules_of_the_command_line(tmp_path, capsys):
    make_scenes(tmp_path / "in", count=4)
    call = ["tile", "geotiff", str(tmp_path / "in/s*.tif"), str(tmp_path / "o"), "--task", "t"]
    call += ["--domain", "d", "--classes", "a", "b", "--tile", "64"]
    assert main([*call, "--val-fraction", "0.4"]) == 0
    val = {row["scene"] for row in read_manifest(tmp_path / "o", "val")}
    shutil.copy(tmp_path / "in/s0.tif", tmp_path / "in/s9.tif")
    capsys.readouterr()
    assert main([*call, "--split", "train"]) == 2
    message = capsys.readouterr().err
    assert f"holds {len(val)} of the scenes in other splits" in message
    assert all(f"`{name}` was in val, is now in train" in message for name in val)
    assert {row["scene"] for row in read_manifest(tmp_path / "o", "val")} == val
